/** Where a settings file is wrong; lines count from 1, `path` is the dotted TOML key. */
export interface SettingsPlace {
  /** Name of the file, if it was told. */
  readonly file?: string;
  /** Line of the key or of its table, or where the TOML ends to be TOML. */
  readonly line?: number;
  /** Dotted key, such as `TRANSACTIONAL.CONFIG.MLEN.value`. */
  readonly path?: string;
}

/** A settings TOML that the machine cannot be built from. `help` says how to mend it. */
export class SettingsError extends SyntaxError {
  /** The name of the class. */
  override readonly name = "SettingsError";
  /** Which file, which line if it is known, and the dotted key. */
  readonly place: SettingsPlace;
  /** What to do about it, for the line that follows the message. */
  readonly help: string;

  /** `what` is the message; a lower error travels in `options.cause`. */
  constructor(what: string, place: SettingsPlace, help: string, options?: ErrorOptions) {
    super(what, options);
    this.place = place;
    this.help = help;
  }
}
