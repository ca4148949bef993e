import { Application, Context, MemoryRequest, MemoryResponse } from '@curveball/kernel';
import session, { type SessionOptions, type SessionStore, type SessionTexts } from '../../src/index.js';
import type { Action } from './actions.js';
import { settled } from './events.js';
import type { Choose } from './explore.js';
import { currentRequest, type ParkedCall, ParkingLot, type Peek, type Step } from './parking-lot.js';

/** One request of a scenario. */
export interface Plan {
  readonly action: Action;
  /** Sent when the answer of that request has come, was lost, or can't come any more. */
  readonly after?: number;
  /** The cookie that it carries instead of the jar's. */
  readonly cookie?: string | null;
}

/** The surroundings of the requests. */
export interface World {
  readonly peek: Peek;
  /** Makes the store that a request's middleware uses. */
  readonly storeFor: (request: string, lot: ParkingLot) => SessionStore;
  /** The process that answers a request; one for each by default. */
  readonly processOf?: (request: string) => string;
  /** Begins a process again that has died, without what it knew. */
  readonly restart?: (process: string) => void;
  /** The browser's cookie at first. */
  readonly cookie: string | null;
  /** Lets time pass when nothing else can happen. Returns false if no one waits for that. */
  readonly idle?: () => boolean;
  /** More options of the middleware. */
  readonly options?: Partial<SessionOptions>;
}

/** A fault that happens at most so often in a run. */
export interface Faults {
  readonly faults?: number;
}

/** The outcome of a request. */
export interface RequestRecord {
  readonly name: string;
  readonly action: Action;
  /** The id that it carried; undefined if it was never sent. */
  carried?: string | null;
  /** How many steps the store had taken when it was sent. */
  sentAt: number;
  status?: number;
  /** The id of its `Set-Cookie`, or 'clear'. */
  cookie?: string;
  /** How many steps the store had taken when it was answered. */
  answeredAt: number;
  fate: 'waiting' | 'running' | 'answered' | 'delivered' | 'lost' | 'dead';
  /** A call of it timed out. */
  timedOut: boolean;
}

/** One run, as an observer beside store and browser has seen it. */
export interface History {
  readonly before: ReadonlyMap<string, SessionTexts>;
  readonly requests: readonly RequestRecord[];
  readonly steps: readonly Step[];
  readonly ids: ReadonlyMap<string, readonly string[]>;
  /** The step that read what a request found, if that may be one of another request. */
  readonly loads: ReadonlyMap<string, number>;
  /** The browser's cookie at the end. */
  readonly jar: string | null;
  readonly jarBefore: string | null;
  /** The schedule, in a readable form. */
  readonly schedule: readonly string[];
}

interface Possibility {
  readonly text: string;
  readonly happen: () => unknown;
}

const NAMES = 'abcdef';

/** Runs requests at once through the real middleware, and lets `choose` say what happens next. */
export async function runScenario(
  plans: readonly Plan[], world: World, choose: Choose, { faults = 0 }: Faults = {},
): Promise<History> {

  const lot = new ParkingLot(world.peek, world.cookie === null ? [] : [world.cookie]);
  const before = lot.live;
  const schedule: string[] = [];
  const requests = plans.map(({ action }, index): RequestRecord => ({
    name: NAMES[index], action, fate: 'waiting', sentAt: 0, answeredAt: 0, timedOut: false,
  }));
  let jar = world.cookie;
  let faultsLeft = faults;

  const processOf = world.processOf ?? (request => request);

  const send = (index: number): void => {
    const request = requests[index];
    const { cookie = jar } = plans[index];
    request.carried = cookie;
    request.fate = 'running';
    request.sentAt = lot.steps.length;
    const store = world.storeFor(request.name, lot);
    const ctx = contextWith(cookie);
    const answer = (status: number) => {
      if (request.fate !== 'running') return;
      request.fate = 'answered';
      request.status = status;
      request.answeredAt = lot.steps.length;
      request.cookie = cookieOf(ctx);
    };
    const handle = () => application(store, request, world.options).handle(ctx);
    // Following which request runs is slow, and needed only if requests share a store's adapter.
    (world.processOf ? currentRequest.run(request.name, handle) : handle()).then(
      () => answer(ctx.response.status),
      error => answer(error.httpStatus ?? 500),
    );
  };

  const receive = (request: RequestRecord, fate: 'delivered' | 'lost'): void => {
    request.fate = fate;
    if (fate === 'delivered' && request.cookie) jar = request.cookie === 'clear' ? null : request.cookie;
  };

  const fault = (text: string, happen: () => void): Possibility => ({
    text,
    happen() {
      faultsLeft--;
      happen();
    },
  });

  const events = (): Possibility[] => {
    const happens: Possibility[] = [];
    const calls = lot.parked.filter(call => !call.late);
    for (const call of calls) happens.push({ text: describe(call), happen: () => lot.apply(call) });
    const someoneWaits = requests.some(({ fate }) => fate === 'waiting');
    for (const request of requests) {
      // Without a cookie, or without a browser that would send it, the moment does not matter.
      if (request.fate !== 'answered' || (calls.length > 0 && !someoneWaits)) continue;
      happens.push({ text: `${request.name} is delivered`, happen: () => receive(request, 'delivered') });
      if (faultsLeft > 0) {
        happens.push(fault(`the answer of ${request.name} is lost`, () => receive(request, 'lost')));
      }
    }
    if (faultsLeft > 0) {
      for (const call of calls) {
        happens.push(fault(`${describe(call)} times out`, () => {
          requests[NAMES.indexOf(call.request)].timedOut = true;
          lot.timeOut(call);
        }));
      }
      for (const process of new Set(calls.map(call => call.process))) {
        happens.push(fault(`process ${process} dies`, () => {
          lot.die(process);
          world.restart?.(process);
          for (const request of requests) {
            if (request.fate === 'running' && processOf(request.name) === process) request.fate = 'dead';
          }
        }));
      }
    }
    const isOver = happens.length === 0;
    const late = lot.parked.filter(call => call.late);
    for (const call of late) happens.push({ text: `${describe(call)}, late`, happen: () => lot.apply(call) });
    if (isOver && late.length > 0) happens.push({ text: 'never', happen: () => undefined });
    return happens;
  };

  for (;;) {
    for (const [index, { after }] of plans.entries()) {
      if (requests[index].fate !== 'waiting') continue;
      if (after === undefined || isOver(requests[after])) send(index);
    }
    await settled();
    for (const request of requests) {
      if (request.fate === 'answered' && !request.cookie && requests.every(({ fate }) => fate !== 'waiting')) {
        receive(request, 'delivered');
      }
    }
    const possible = events();
    if (possible.length === 0) {
      if (world.idle?.()) continue;
      break;
    }
    const { text, happen } = possible[choose(possible.length)];
    schedule.push(text);
    if (text === 'never') break;
    await happen();
  }

  lot.close();
  for (const request of requests) request.timedOut ||= lot.failed.has(request.name);
  return { before, requests, steps: lot.steps, ids: lot.ids, loads: lot.loads, jar, jarBefore: world.cookie, schedule };

}

function isOver({ fate }: RequestRecord): boolean {

  return fate === 'delivered' || fate === 'lost' || fate === 'dead';

}

function application(store: SessionStore, { action, name }: RequestRecord, options: Partial<SessionOptions> = {}): Application {

  const app = new Application();
  app.use(session({ store, touchInterval: 0, storeTimeout: 3600, ...options }), async ctx => {
    ctx.response.status = 200;
    await action.handle(ctx, name);
  });
  return app;

}

const ORIGIN = 'http://localhost';

function contextWith(cookie: string | null): Context {

  const headers: { [name: string]: string } = cookie === null ? {} : { Cookie: `CB=${cookie}` };
  return new Context(new MemoryRequest('GET', '/', ORIGIN, headers), new MemoryResponse(ORIGIN));

}

function cookieOf(ctx: Context): string | undefined {

  const [cookie] = ctx.response.headers.getMany('Set-Cookie');
  if (!cookie) return undefined;
  return /^CB=([^;]*)/.exec(cookie)?.[1] || 'clear';

}

function describe({ request, method, args }: ParkedCall): string {

  return `${request}: ${method} ${args.filter(arg => typeof arg === 'string').join(' ')}`;

}
