import { createBatcher } from '../lib/batcher.ts'
import { delayLane } from '../sending/keyed-lanes.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { NotificationDevice } from './notification.ts'
import type { QueueRoom, Weight } from './queue-room.ts'
import {
  enqueue,
  type Entry,
  putBack,
  type QueueEntry,
  reach,
  type Reached,
  removeItem,
} from './queue-store.ts'
import {
  dropRejection,
  noteSeen,
  putRejection,
  remembered,
  type Seen,
  type SeenOutcome,
} from './seen-store.ts'

/** A device whose token is dead. */
export type Rejected = { deviceKey: string; at: number; device: NotificationDevice; isOwn: boolean }

/** One thing to be written. All that comes at the same moment shares a transaction. */
type Note =
  | { kind: 'seen'; seen?: Seen; delivered?: Reached }
  | { kind: 'enqueue'; entry: QueueEntry; counts?: string }
  /** An attempt that was under way when its notification came into the queue. */
  | { kind: 'postpone'; entry: Entry; attempts: number; nextAttemptAt: number; now: number }
  | { kind: 'settle'; entry: Entry; seen?: Seen; reached: Reached; rejected?: Rejected }
  | { kind: 'told'; deviceKey: string; until: number }

export type Known = { seen?: { outcome: SeenOutcome; at: number }; rejectedAt?: number }

/** `entry`: the place in the queue. `isDue`: something that waits for the device is due now. */
export type Written = { entry?: Entry; isDue?: boolean }

export type Recorder = {
  /** What is remembered of a notification and its device. */
  known(of: { messageKey: string | undefined; deviceKey: string }): Promise<Known>
  /** Resolves once it is committed. What must outlive a power cut does. */
  write(note: Note): Promise<Written>
}

/** Applies the rejection of a device whose home server this is. */
export type OnRejected = (tx: Transaction, device: NotificationDevice) => Promise<void>

type RecorderDeps = { db: Database; room: QueueRoom; onRejected?: OnRejected }

/** Writes what becomes of first attempts. `push-port.ts` does it for what waits. */
export function createRecorder({ db, room, onRejected }: RecorderDeps): Recorder {
  const known = createBatcher(
    async (items: readonly { messageKey: string | undefined; deviceKey: string }[]) => {
      const messageKeys = items.flatMap(({ messageKey }) => messageKey ?? [])
      const found = await remembered(db, { messageKeys, deviceKeys: items.map((item) => item.deviceKey) })
      return items.map(({ messageKey, deviceKey }): Known => {
        const seen = messageKey === undefined ? undefined : found.seen.get(messageKey)
        const rejectedAt = found.rejections.get(deviceKey)
        return { ...(seen && { seen }), ...(rejectedAt !== undefined && { rejectedAt }) }
      })
    },
  )

  const write = createBatcher(async (notes: readonly Note[]) => {
    const changes: Changes = { room, added: [], removed: [] }
    // What is lost with the power was not promised to anybody, or is done once more.
    const durably = notes.some((note) => note.kind === 'enqueue' || (note.kind === 'settle' && note.rejected))
    try {
      return await db.transaction(
        async (tx) => {
          await noteSeen(
            tx,
            notes.flatMap((note) => ('seen' in note ? note.seen : [])),
          )
          const written: Written[] = []
          for (const note of notes) written.push(await writeOne({ tx, changes, onRejected }, note))
          return written
        },
        { durably },
      )
    } catch (error) {
      room.removed(changes.added)
      changes.removed.forEach((entry) => room.added(entry))
      throw error
    }
  })

  return { known, write }
}

/** What a transaction has changed in `room`: it is taken back with it. */
type Changes = { readonly room: QueueRoom; readonly added: Weight[]; readonly removed: Weight[] }

function takeAway({ room, removed }: Changes, gone: readonly Weight[]): void {
  room.removed(gone)
  removed.push(...gone)
}

type Writing = { tx: Transaction; changes: Changes; onRejected: OnRejected | undefined }

async function writeOne(writing: Writing, note: Note): Promise<Written> {
  const { tx, changes } = writing
  switch (note.kind) {
    case 'enqueue': {
      const { entry, counts } = note
      const { gone, ...place } = await enqueue(tx, entry, counts)
      changes.room.added(entry)
      changes.added.push(entry)
      takeAway(changes, gone)
      if (entry.messageKey !== null)
        await noteSeen(tx, [{ messageKey: entry.messageKey, outcome: 'queued', at: entry.queuedAt }])
      return { entry: place }
    }
    case 'postpone': {
      const { entry, attempts, nextAttemptAt: at, now } = note
      await tx.run(putBack, entry)
      await tx.run(delayLane, { laneId: entry.laneId, attempts, at, now })
      return {}
    }
    case 'settle':
      return settle(writing, note)
    case 'told':
      await tx.run(dropRejection, note)
      return {}
    case 'seen':
      // Nothing is looked for while nothing waits.
      if (note.delivered === undefined || changes.room.isEmpty()) return {}
      return reached(changes, await reach(tx, note.delivered))
  }
}

async function settle(
  { tx, changes, onRejected }: Writing,
  note: Note & { kind: 'settle' },
): Promise<Written> {
  const { entry, reached: delivered, rejected } = note
  takeAway(changes, await tx.all(removeItem, entry))
  if (rejected) await reject(tx, rejected, onRejected)
  return reached(changes, await reach(tx, delivered))
}

function reached(changes: Changes, { gone, isDue }: Awaited<ReturnType<typeof reach>>): Written {
  takeAway(changes, gone)
  return { isDue }
}

/** Its home server is told at once, if it is ours, else with its next call. */
export async function reject(
  tx: Transaction,
  { deviceKey, at, device, isOwn }: Rejected,
  onRejected: OnRejected | undefined,
): Promise<void> {
  if (isOwn && onRejected) await onRejected(tx, device)
  else await tx.run(putRejection, { deviceKey, at })
}
