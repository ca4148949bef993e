import type { Engine, When } from './engine.js';
import { KeyedStore } from './keyed-store.js';
import { Sweeper, type SweptTable } from './sweeper.js';

/** A table that a store sets up and sweeps. */
export interface StoreTable extends SweptTable {

  /** Creates the table where it is missing, and tries it out. */
  setup(): Promise<void>;

}

/** A store whose engine has a table, from which expired sessions must be removed. */
export class TableStore<W extends When> extends KeyedStore<W> {

  readonly #table: StoreTable;
  readonly #sweeper: Sweeper;

  /** @param table that of the engine */
  constructor(engine: Engine<W>, table: StoreTable) {

    super(engine);
    this.#table = table;
    this.#sweeper = new Sweeper(table);
    this.scheduleGc();

  }

  /**
   * Creates the table and its index where they are missing, and tries out whether
   * they keep a session exactly; this leaves no trace. Several processes may call
   * it at once.
   *
   * @throws {Error} if the table can't keep sessions: an application's table of
   *   this name stays as it is
   */
  setup(): Promise<void> {

    return this.#table.setup();

  }

  /** Removes what has expired, in small steps; nothing if another process is doing so. */
  gc(): Promise<void> {

    return this.#sweeper.gc();

  }

  /**
   * Calls `gc()` every `interval` seconds from now on, unless another process has
   * done so in the meantime. The constructor does, too.
   *
   * @throws {TypeError} if the interval is not a number above 0
   */
  scheduleGc(interval = 600): void {

    this.#sweeper.schedule(interval);

  }

  /** Cancels the scheduled clean-up. The client or handle stays open: it is the application's. */
  close(): void {

    this.#sweeper.close();

  }

}
