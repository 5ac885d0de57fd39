/** Words that cannot name anything in Verilog (IEEE 1364-2005, annex B) or SystemVerilog. */
const KEYWORDS = new Set(
  ("always and assign automatic begin bit buf bufif0 bufif1 byte case casex casez cell cmos config " +
    "const deassign default defparam design disable do edge else end endcase endconfig endfunction " +
    "endgenerate endmodule endprimitive endspecify endtable endtask enum event final for force " +
    "forever fork function generate genvar global highz0 highz1 if iff ifnone import incdir include " +
    "initial inout input inside instance int integer interface join large let liblist library local " +
    "localparam logic longint macromodule medium module nand negedge new nmos nor noshowcancelled " +
    "not notif0 notif1 null or output package packed parameter pmos posedge primitive priority " +
    "program property pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent rand rcmos " +
    "real realtime ref reg release repeat return rnmos rpmos rtran rtranif0 rtranif1 scalared " +
    "sequence shortint shortreal showcancelled signed small specify specparam static string strong0 " +
    "strong1 struct super supply0 supply1 table task this time tran tranif0 tranif1 tri tri0 tri1 " +
    "triand trior trireg type typedef union unique unsigned use uwire var vectored virtual void wait " +
    "wand weak0 weak1 while wire with wor xnor xor").split(" "),
);

/**
 * A name as Verilog spells it: as it is, or escaped by a backslash and a space.
 * All its characters must be printable, none a space.
 */
export function verilogName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_$]*$/.test(name) && !KEYWORDS.has(name)) return name;
  return `\\${name} `;
}

/** A name of a module: one that needs no escape, since files are called so. */
export function moduleName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z_]/.test(plain) && !KEYWORDS.has(plain) ? plain : `m_${plain}`;
}
