/** Where something is wrong in a model's files. */
export interface ModelPlace {
  /** Name of the file, if it came from one. */
  readonly file?: string;
  /** JSON path in it, such as `$.rope_scaling.factor`, or the name of a tensor. */
  readonly path?: string;
}

/** A config, tensor file, vocabulary or request that the models room cannot take. */
export class ModelError extends RangeError {
  /** The class. */
  override readonly name: string = "ModelError";
  /** Where it is, as far as that is known. */
  readonly place: ModelPlace;
  /** What to do about it, for the line that follows the message. */
  readonly help: string;

  /** `what` is the message, `help` the remedy; a lower error travels in `options.cause`. */
  constructor(what: string, help: string, place: ModelPlace = {}, options?: ErrorOptions) {
    super(what, options);
    this.help = help;
    this.place = place;
  }
}
