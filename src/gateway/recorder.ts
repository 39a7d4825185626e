import { createBatcher } from '../lib/batcher.ts'
import { delayLane, lockFreeKeyedLanes } from '../sending/keyed-lanes.ts'
import { GATEWAY_WORDS } from '../sending/result-words.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { Claims } from './claims.ts'
import type { Job } from './exchange.ts'
import type { NotificationDevice } from './notification.ts'
import type { Write } from './provider.ts'
import type { QueueCapacity } from './queue-capacity.ts'
import {
  enqueue,
  type Entry,
  KIND,
  laneKeyOf,
  putBack,
  type QueueEntry,
  reach,
  removeItem,
} from './queue-store.ts'
import { dropRejection, type Known, noteSeen, putRejection, remembered, type Seen } from './seen-store.ts'

/** The results after which a notification is not sent again. */
export type Final = 'delivered' | 'rejected' | 'refused'

/**
 * The result of a first attempt. `entry`: its notification was put into the queue during the attempt.
 * `write`: see `ProviderResult`.
 */
export type Settlement = {
  kind: 'settle'
  job: Job
  result: Final
  entry?: Entry | undefined
  write?: Write | undefined
  at: number
}

/** One change to write. Changes that come at the same moment share a transaction. */
type Note =
  | { kind: 'enqueue'; entry: QueueEntry }
  | Settlement
  /** A first attempt failed whose notification was put into the queue during the attempt. */
  | { kind: 'postpone'; job: Job; entry: Entry; attempts: number; nextAttemptAt: number; now: number }
  /** A rejection was reported to the home server. */
  | { kind: 'rejection reported'; deviceKey: string; until: number }

/** `entry`: the place in the queue. `isDue`: something that waits for the device is due now. */
export type Written = { entry?: Entry; isDue?: boolean }

/** `isClaiming`: it is sent next, and must not be sent by another process. */
type LookUp = { messageKey: string | undefined; deviceKey: string; isClaiming: boolean }

export type Recorder = {
  /** `isElsewhere`: another process is sending the notification. */
  known(of: LookUp): Promise<Known & { isElsewhere?: boolean }>
  /**
   * Resolves after the commit. The commit is durable if the loss of a note would lose a notification or a
   * rejection.
   */
  write(note: Note): Promise<Written>
  /**
   * Writes results in a transaction of the caller. That transaction also ends what could be sent again, so no
   * record is needed by which a repeat is recognised. `onDue`: something that waits for one of the devices is
   * due now.
   */
  writeIn(tx: Transaction, notes: readonly Settlement[], onDue: () => void): Promise<void>
  /** The notification has got no record: another process may send it. Never rejects. */
  giveUp(messageKey: string | undefined): Promise<void>
}

/** Removes the pusher of a rejected device. Called for devices of this home server. */
export type OnRejected = (tx: Transaction, device: NotificationDevice) => Promise<void>

type RecorderDeps = { db: Database; capacity: QueueCapacity; claims: Claims; onRejected?: OnRejected }

/**
 * Writes the results of first attempts. `push-port.ts` writes those of queued notifications.
 *
 * Several processes write results for the same devices. A transaction locks rows in this order: claims, lanes
 * and rejections in the order of their keys, records of notifications in the order of theirs. It is in a
 * group of its own, so it holds no other rows while it waits.
 */
export function createRecorder(deps: RecorderDeps): Recorder {
  const { db } = deps
  return {
    known: createBatcher((items: readonly LookUp[]) => lookUp(deps, items)),
    write: createBatcher((notes: readonly Note[]) => {
      // A lost result is found out again by a further attempt. What was accepted must not be lost.
      const durably = notes.some(
        (note) =>
          note.kind === 'enqueue' || (note.kind === 'settle' && (isToBeTold(note) || isToBeKept(note))),
      )
      return db.transaction((tx) => writeAll(deps, tx, notes), {
        durably,
        repeatable: true,
        inOwnGroup: true,
      })
    }),
    async writeIn(tx, notes, onDue) {
      const sorted = notes.toSorted(byRow)
      const keys = sorted.filter((note) => touchesLane(deps, note)).map(({ job }) => laneKeyOf(job))
      // The transaction of the caller shares its group and holds other lanes, so it does not wait for these.
      if (keys.length > 0 && db.dialect === 'postgres' && !tx.waits)
        tx.write(lockFreeKeyedLanes, { kind: KIND, keys })
      for (const note of sorted) if ((await settle(deps, tx, note)).isDue === true) tx.onCommit(onDue)
    },
    async giveUp(messageKey) {
      if (messageKey !== undefined) await deps.claims.giveUp(messageKey)
    },
  }
}

/** Looks up notifications, and claims those that are new. */
async function lookUp(
  { db, claims }: RecorderDeps,
  items: readonly LookUp[],
): Promise<(Known & { isElsewhere?: boolean })[]> {
  const keys = items.flatMap((item) => (item.isClaiming ? (item.messageKey ?? []) : []))
  if (keys.length === 0 || !claims.areNeeded()) return remembered(db, items)
  return db.transaction(
    async (tx) => {
      const taken = await claims.take(tx, keys)
      // A result that another process has just written was written with the end of its claim, so it is seen here.
      const known = await remembered(tx, items)
      return known.map((one, at) => {
        const { messageKey, isClaiming } = items[at] as LookUp
        const isTaken = messageKey === undefined || !isClaiming || taken.has(messageKey)
        const hasResult = one.seen !== undefined && one.seen.outcome !== 'rejected'
        return { ...one, isElsewhere: !isTaken && !hasResult }
      })
    },
    { durably: false, repeatable: true, inOwnGroup: true },
  )
}

/** The home server received the response to its call before the rejection. */
const isToBeTold = ({ result, entry }: Settlement) => result === 'rejected' && entry !== undefined

/**
 * The home server receives the response to its call after the item is written. An item of the queue stays
 * until then.
 */
const isToBeKept = ({ write, entry }: Settlement) => write !== undefined && entry === undefined

/** The record of a notification that is not sent again; empty for one that can never be a repeat. */
export const seenAs = ({ messageKey }: Job, result: Final, at: number): Seen[] =>
  messageKey === undefined ? [] : [{ messageKey, outcome: GATEWAY_WORDS[result], at }]

/** The key of the row that other processes change too: the lane, or the rejection of the device. */
function rowOf(note: Note): string {
  switch (note.kind) {
    case 'enqueue':
      return laneKeyOf(note.entry)
    case 'settle':
    case 'postpone':
      return laneKeyOf(note.job)
    case 'rejection reported':
      return note.deviceKey
  }
}

/** Notes of one row keep their order. */
function byRow(one: Note, other: Note): number {
  const [row, otherRow] = [rowOf(one), rowOf(other)]
  if (row === otherRow) return 0
  return row < otherRow ? -1 : 1
}

async function writeAll(deps: RecorderDeps, tx: Transaction, notes: readonly Note[]): Promise<Written[]> {
  deps.claims.end(tx, notes.flatMap(keyOf))
  const written = new Map<Note, Written>()
  for (const note of notes.toSorted(byRow)) written.set(note, await writeOne(deps, tx, note))
  await noteSeen(tx, notes.flatMap(seenOf))
  return notes.map((note) => written.get(note) ?? {})
}

/** The record that shows that a repeat is one. */
function seenOf(note: Note): Seen[] {
  if (note.kind === 'settle') return seenAs(note.job, note.result, note.at)
  if (note.kind !== 'enqueue' || note.entry.messageKey === undefined) return []
  return [{ messageKey: note.entry.messageKey, outcome: 'queued', at: note.entry.queuedAt }]
}

/** The notification that gets a record. */
const keyOf = (note: Note): string[] => {
  if (note.kind === 'settle') return note.job.messageKey === undefined ? [] : [note.job.messageKey]
  return note.kind === 'enqueue' && note.entry.messageKey !== undefined ? [note.entry.messageKey] : []
}

async function writeOne(deps: RecorderDeps, tx: Transaction, note: Note): Promise<Written> {
  switch (note.kind) {
    case 'enqueue': {
      const { entry } = note
      const { gone, ...place } = await enqueue(tx, entry, deps.db.processId)
      tx.onCommit(() => {
        deps.capacity.added(entry)
        deps.capacity.removed(gone)
      })
      return { entry: place }
    }
    case 'settle':
      return settle(deps, tx, note)
    case 'postpone': {
      const { entry, attempts, nextAttemptAt: at, now } = note
      await tx.run(putBack, entry)
      await tx.run(delayLane, { laneId: entry.laneId, attempts, at, now })
      return {}
    }
    case 'rejection reported':
      await tx.run(dropRejection, note)
      return {}
  }
}

/** While the queue is empty, no statement looks for items of the device. */
const touchesLane = ({ capacity }: RecorderDeps, { entry, result }: Settlement): boolean =>
  entry !== undefined || (result === 'delivered' && !capacity.isEmpty())

async function settle(deps: RecorderDeps, tx: Transaction, note: Settlement): Promise<Written> {
  const { job, result, entry, at } = note
  const { capacity } = deps
  await note.write?.(tx)
  if (!touchesLane(deps, note)) return {}
  const gone = entry === undefined ? [] : await tx.all(removeItem, entry)
  if (isToBeTold(note)) await reject(tx, { job, at }, deps.onRejected)
  const reached = await reach(tx, { job, isDelivered: result === 'delivered', before: entry?.position, at })
  tx.onCommit(() => capacity.removed([...gone, ...reached.gone]))
  return { isDue: reached.isDue }
}

/** Records the rejection of a device. Another home server gets it in the response to its next call. */
export async function reject(
  tx: Transaction,
  { job: { device, deviceKey, origin }, at }: { job: Job; at: number },
  onRejected: OnRejected | undefined,
): Promise<void> {
  if (origin.isOwn && onRejected) await onRejected(tx, device)
  else await tx.run(putRejection, { deviceKey, at })
}
