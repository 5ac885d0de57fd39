import type { StudyRow } from "./study.ts";

/** The rows of a study as Markdown: a summary over all atoms, then a table per atom. */
export function studyMarkdown(rows: readonly StudyRow[]): string {
  const atoms = [...new Set(rows.map(({ atom }) => atom))];
  const ways = Map.groupBy(rows, wayOf);
  const summary = [...ways].map(([way, own]) => {
    const seeds = own.reduce((sum, row) => sum + row.seeds, 0);
    const exact = own.reduce((sum, row) => sum + row.exact, 0);
    const failed = own.filter((row) => row.exact < row.seeds)
      .map((row) => row.incompatible ? `${row.atom} incompatible` : `${row.atom} ${share(row)}`);
    return [way, `${exact} of ${seeds}`, percent(exact / seeds), failed.join(", ") || "none"];
  });
  const parts = [
    "## All atoms",
    table(["way", "exact", "", "not always exact"], summary),
    ...atoms.flatMap((atom) => [
      `## ${atom}`,
      table(
        ["way", "exact", "rows right", "epochs", "margin", "parameters", "bits", "remark"],
        rows.filter((row) => row.atom === atom).map((row) => [
          wayOf(row),
          `${row.exact} of ${row.seeds}`,
          row.meanAccuracy === undefined ? "" : percent(row.meanAccuracy),
          number(row.medianEpochs, 1),
          number(row.medianMargin, 3),
          number(row.parameters, 1),
          number(row.bits, 1),
          row.incompatible ?? "",
        ]),
      ),
    ]),
  ];
  return parts.join("\n\n") + "\n";
}

function wayOf({ method, network, format, scaling, encoding }: StudyRow): string {
  const scales = scaling === "format" ? "" : scaling === "none" ? "unscaled" : `scale: ${scaling}`;
  const seen = encoding === "binary" ? "" : encoding;
  return [method, network, format, scales, seen].filter((part) => part !== "").join(", ");
}

function share({ exact, seeds }: StudyRow): string {
  return `${exact}/${seeds}`;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

function number(value: number | undefined, digits: number): string {
  return value === undefined ? "" : String(Number(value.toFixed(digits)));
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
