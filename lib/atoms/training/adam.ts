const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** The Adam optimiser of Kingma and Ba, with its usual constants. */
export class Adam {
  readonly #moments: Float64Array;
  readonly #squares: Float64Array;
  #steps = 0;

  /**
   * @param count Parameters.
   * @param learningRate Size of a step.
   */
  constructor(count: number, readonly learningRate: number) {
    this.#moments = new Float64Array(count);
    this.#squares = new Float64Array(count);
  }

  /** Moves the parameters one step against the gradient. */
  step(parameters: Float64Array, gradient: Float64Array): void {
    this.#steps++;
    const moments = this.#moments;
    const squares = this.#squares;
    const rate = this.learningRate / (1 - BETA1 ** this.#steps);
    const correction = 1 / Math.sqrt(1 - BETA2 ** this.#steps);
    for (let i = 0; i < parameters.length; i++) {
      const slope = gradient[i]!;
      moments[i] = BETA1 * moments[i]! + (1 - BETA1) * slope;
      squares[i] = BETA2 * squares[i]! + (1 - BETA2) * slope * slope;
      parameters[i]! -= rate * moments[i]! / (Math.sqrt(squares[i]!) * correction + EPSILON);
    }
  }
}
