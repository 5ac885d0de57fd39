import type { Activation, Encoding } from "../quantised_network.ts";
import type { Scaling, WeightFormat } from "../quantised_tensor.ts";
import type { Architecture } from "./dense_network.ts";
import type { GradientMethod, NetworkTraining } from "./train_network.ts";
import { TrainingError } from "./training_error.ts";

/** What a method is told. */
export interface MethodOptions {
  /** The first seed; every further attempt takes the next one. Default 0. */
  readonly seed?: number;
  /** Attempts before it gives up. Default 200 for `threshold`, 20 for the others. */
  readonly maxAttempts?: number;
  /** Gradient steps of one attempt at the most. Default 400 for `threshold`, 1000 for the others. */
  readonly maxEpochs?: number;
  /**
   * Training stops when every row is right and no output sum is closer to 0 than this. Default 0.5,
   * and 0 for steps, whose margin comes of their codes.
   */
  readonly stopMargin?: number;
  /** Format of weights and biases. Default `e2m1`. `float` stores float32. */
  readonly format?: WeightFormat;
  /**
   * Scales of E2M1 and NF4. Default: `search` for `ptq`, `row` for steps and `tensor` for the rest.
   */
  readonly scaling?: Scaling | "search";
  /** How the input bits are presented to a network. Default `binary`. */
  readonly encoding?: Encoding;
  /** Gates of the hidden layers for `float`, `ptq` and `qat`. */
  readonly hidden?: readonly number[];
  /** Activation of the hidden layers for `float`, `ptq` and `qat`. Default `relu`. */
  readonly activation?: Activation;
  /** Whether hidden layers of equal width add what they see, for `float`, `ptq` and `qat`. */
  readonly residual?: boolean;
}

/** Step size of Adam for continuous activations: that of the specification (4.1). */
const LEARNING_RATE = 0.01;
/** Steps learn from a tent that is narrow, and get along with larger ones. */
const STEP_LEARNING_RATE = 0.03;
const STOP_MARGIN = 0.5;
const MAX_EPOCHS = 1000;
/** Hidden layers of the specification (4.1). */
const HIDDEN = [32, 32] as const;
/** Narrower ones that its table of QAT (4.3) calls reliable, for functions of few inputs. */
const QAT_HIDDEN = [16] as const;
const FEW_INPUTS = 4;

/** The settings of a run, with the defaults of the method filled in. */
export function networkTraining(
  method: GradientMethod,
  inputs: number,
  options: MethodOptions = {},
): NetworkTraining {
  const activation = options.activation ?? "relu";
  const architecture: Architecture = {
    hidden: options.hidden ?? (method === "qat" && inputs <= FEW_INPUTS ? QAT_HIDDEN : HIDDEN),
    activation,
    residual: options.residual ?? false,
  };
  const isStep = activation === "step";
  const { scaling = method === "ptq" ? "search" : isStep ? "row" : "tensor" } = options;
  if (isStep && method !== "qat") {
    throw new TrainingError(
      `steps have no slope that ${method} could follow`,
      "choose --method qat or search, or another activation",
    );
  }
  return {
    method,
    architecture,
    encoding: options.encoding ?? "binary",
    format: options.format ?? "e2m1",
    scaling: scaling === "search" && method !== "ptq" ? "tensor" : scaling,
    maxEpochs: options.maxEpochs ?? MAX_EPOCHS,
    stopMargin: options.stopMargin ?? (isStep ? 0 : STOP_MARGIN),
    learningRate: isStep ? STEP_LEARNING_RATE : LEARNING_RATE,
  };
}
