import { SingleBar } from 'cli-progress';
import { shownDuration } from '../durations.js';
import { count } from '../output.js';
import type { Surroundings } from '../surroundings.js';

/** Milliseconds between two lines where no bar can be drawn. */
const PAUSE = 10_000;

/** Milliseconds over which the rate is measured. */
const WINDOW = 10_000;

/** Shows how far a copy is: as a bar on a terminal, and otherwise as lines. */
export class Progress {

  readonly #total: number;
  readonly #stream: Surroundings['stderr'];
  readonly #bar: SingleBar | undefined;
  readonly #began = performance.now();
  #done = 0;
  #isStopped = false;
  #said = this.#began;
  /** How much was done at a time before. */
  #past = { at: this.#began, done: 0 };
  #recent = this.#past;

  constructor(stream: Surroundings['stderr'], total: number) {

    this.#stream = stream;
    this.#total = total;
    if (!stream.isTTY) return;
    this.#bar = new SingleBar({
      stream: stream as NodeJS.WritableStream, format: '{bar} {percentage} %  {text}', barCompleteChar: '█', barIncompleteChar: '░', hideCursor: true, fps: 5,
    });
    this.#bar.start(Math.max(total, 1), 0, { text: '' });

  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  add(): void {

    this.#done++;
    if (this.#isStopped) return;
    const now = performance.now();
    if (now - this.#recent.at > WINDOW) {
      this.#past = this.#recent;
      this.#recent = { at: now, done: this.#done };
    }
    // A text for each of a million sessions would cost as much as the copy.
    if (this.#done % 100 === 0) this.#bar?.update(Math.min(this.#done, this.#total), { text: this.#text(now) });
    if (!this.#bar && now - this.#said > PAUSE) {
      this.#said = now;
      this.#stream.write(`${this.#text(now)}\n`);
    }

  }

  /** Shows no more, and gives the terminal back as it was. */
  stop(): void {

    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#bar?.update(Math.min(this.#done, this.#total), { text: this.#text(performance.now()) });
    this.#bar?.stop();

  }

  #text(now: number): string {

    const rate = (this.#done - this.#past.done) / (now - this.#past.at) * 1000;
    const left = Math.max(0, this.#total - this.#done) / rate;
    return `${count(this.#done)} of ${count(this.#total)} sessions, ${count(rate)} a second${Number.isFinite(left) ? `, ${shownDuration(left)} left` : ''}`;

  }

}
