import type { OpenedStore } from '@curveball/session/open';
import { InvalidArgumentError } from 'commander';
import { shown } from '../address.js';
import type { Cli } from '../cli.js';
import { Copier, OTHER_RECORD, type Tally } from '../copy/copier.js';
import { Progress } from '../copy/progress.js';
import { noteRehearsal, refuseStale } from '../copy/rehearsal.js';
import { shownDuration } from '../durations.js';
import { CommandError, EXIT } from '../exit-codes.js';
import { STORE_HELP } from '../help.js';
import { interruptible } from '../interruption.js';
import { count, counted } from '../output.js';

interface Options {
  readonly keep?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly parallel: number;
}

/** Takes every session over into another store. */
export function copy(cli: Cli): void {

  cli.command('copy <from> <to>', 'Take every session over into another store, while all applications use migrating({ from, to }), or none runs. First make the new table with "setup --store <to>". It can be killed, and run again.')
    .option('--keep', 'leave the sessions in the old store, too: only while no application uses it')
    .option('--parallel <number>', 'how many sessions are on their way at a time', parallel, 32)
    .option('--force', 'go on although an application uses sessions in the old store, or the new one has sessions of an earlier copy with --keep')
    .option('--yes', 'do not ask')
    .addHelpText('after', `\n${STORE_HELP}`)
    .action(async (first: string, second: string, options: Options) => {
      const [source, target] = [cli.address(first), cli.address(second)];
      if (source === target) throw new CommandError('Both addresses are the same', EXIT.usage);
      await cli.with(source, from => cli.with(target, async to => {
        await cli.confirm(question(source, target, options), options);
        await run(cli, from, to, options);
      }, 'new store'), 'old store');
    });

}

function question(source: string, target: string, { keep }: Options): string {

  return keep
    ? `Copy every session from ${shown(source)} to ${shown(target)}? What an application changes or ends in the old store from now on is not copied: is none of them running?`
    : `Move every session from ${shown(source)} to ${shown(target)}? An application that knows only the old store signs its visitors out: does each use migrating({ from, to }), or is none of them running?`;

}

async function run(cli: Cli, from: OpenedStore, to: OpenedStore, { keep: keeps = false, force = false, parallel }: Options): Promise<void> {

  requireTransfers(from, to);
  let progress: Progress | undefined;
  const copier = new Copier({ from, to, keeps, force, parallel, onDone: () => progress?.add() });
  await interruptible(cli.surroundings, async ({ signal, unlessInterrupted }) => {
    await unlessInterrupted(async () => {
      await requireTwo(from, to);
      if (!force) await refuseStale(to, keeps);
      if (keeps) await noteRehearsal(to, 'under way');
    });
    // Exactly: an estimate can be off by many sessions while they are copied.
    progress = new Progress(cli.surroundings.stderr, await unlessInterrupted(() => exactly(from)));
    signal.addEventListener('abort', () => progress?.stop());
    try {
      await copier.run(signal);
    } finally {
      progress.stop();
    }
    const { seconds } = progress;
    const left = await unlessInterrupted(() => exactly(from));
    const there = await unlessInterrupted(() => exactly(to));
    if (keeps) await noteRehearsal(to, 'finished');
    report(cli, copier.tally, { left, there, seconds, keeps });
  }, () => `The copy was interrupted: ${counted(copier.tally.copied, 'session')} copied. The same command goes on where it stopped`);

}

interface Outcome {
  /** How many sessions the two stores have. */
  readonly left: number;
  readonly there: number;
  readonly seconds: number;
  readonly keeps: boolean;
}

/** @throws {CommandError} if sessions are missing */
function report(cli: Cli, tally: Tally, { left, there, seconds, keeps }: Outcome): void {

  cli.output.result({ ...tally, left, there, seconds }, [
    `${counted(tally.copied, 'session')} copied in ${shownDuration(seconds)}, ${count(tally.copied / seconds)} a second`,
    ...[
      [tally.before, 'were in the new store already'], [tally.ended, 'ended in the meantime'], [tally.changed, 'lack their last change'],
      [tally.others, 'messages, locks and sign-ins that are under way stay in the old store, and are read there'],
      [tally.cut, 'whose move was cut off stay in the old store until they are used'],
      [tally.unreadable, 'damaged records stay in the old store'],
    ].filter(([number]) => Number(number) > 0).map(([number, text]) => `${count(Number(number))} ${text}`),
    `the old store has ${counted(left, 'session')}, the new one ${counted(there, 'session')}`,
  ].join('\n'));
  const missing = keeps ? left - there : left - tally.unreadable - tally.cut;
  if (tally.changed > 0 || missing > 0) throw new CommandError('Not all is as it should be: an application uses sessions in the old store, and does not know that they move');

}

/** @throws {CommandError} for stores between which records can't go */
function requireTransfers(...stores: readonly OpenedStore[]): void {

  for (const store of stores) {
    if (!store.recordPage || !store.putRecord || !store.takeRecord) throw new CommandError('A store can\'t give or take whole records', EXIT.usage);
  }

}

/**
 * Makes sure that two addresses are not of one store: each session in it would be
 * removed, as one that the other store has already.
 *
 * @throws {CommandError} if they are
 */
async function requireTwo(from: OpenedStore, to: OpenedStore): Promise<void> {

  const id = await from.newSessionId();
  await from.create(id, new Map([[OTHER_RECORD, 'null']]), { lifetime: 60 });
  try {
    if (await to.load(id)) throw new CommandError('Both addresses are of the same store: nothing was done', EXIT.usage);
  } finally {
    await from.delete(id);
  }

}

async function exactly(store: OpenedStore): Promise<number> {

  return (await store.countSessions?.({ exact: true }))?.live ?? 0;

}

function parallel(text: string): number {

  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (!(number > 0)) throw new InvalidArgumentError('It must be a number from 1 to 9999.');
  return number;

}
