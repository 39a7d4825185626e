import { createBatcher } from '../lib/batcher.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { NotificationDevice } from './notification.ts'
import type { QueueRoom, Weight } from './queue-room.ts'
import { enqueue, hasten, postpone, type QueueEntry, removeEntry, renewCounts } from './queue-store.ts'
import {
  dropRejection,
  noteSeen,
  putRejection,
  remembered,
  type Seen,
  type SeenOutcome,
} from './seen-store.ts'

/** It has reached a device, and told it its counts. What waits for it need not wait any longer. */
type Delivered = { deviceKey: string; recipientKey: string; at: number; counts?: string }

/** One thing to be written. All that comes at the same moment shares a transaction. */
type Note =
  | { kind: 'seen'; seen?: Seen; delivered?: Delivered }
  | { kind: 'enqueue'; entry: QueueEntry; counts?: string }
  | { kind: 'postpone'; queueId: number; attempts: number; nextAttemptAt: number }
  | {
      kind: 'settle'
      queueId: number
      seen?: Seen
      deviceKey: string
      delivered?: Delivered
      rejected?: { at: number; device: NotificationDevice; isOwn: boolean }
    }
  | { kind: 'told'; deviceKey: string; until: number }

const NO_LIMIT = Number.MAX_SAFE_INTEGER

export type Known = { seen?: { outcome: SeenOutcome; at: number }; rejectedAt?: number }

export type Recorder = {
  /** What is remembered of a notification and its device. */
  known(of: { messageKey: string | undefined; deviceKey: string }): Promise<Known>
  /**
   * Resolves once it is committed: for `enqueue` to the id in the queue; for what was delivered to how much waited for the device and is
   * due now. What must outlive a power cut does.
   */
  write(note: Note): Promise<number>
}

/** Applies the rejection of a device whose home server this is. */
export type OnRejected = (tx: Transaction, device: NotificationDevice) => Promise<void>

type RecorderDeps = { db: Database; room: QueueRoom; onRejected?: OnRejected }

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
          const ids: number[] = []
          for (const note of notes) ids.push(await writeOne({ tx, changes, onRejected }, note))
          return ids
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

async function writeOne(writing: Writing, note: Note): Promise<number> {
  const { tx, changes } = writing
  switch (note.kind) {
    case 'enqueue': {
      const { entry, counts } = note
      const { queueId, gone } = await enqueue(tx, entry)
      changes.room.added(entry)
      changes.added.push(entry)
      takeAway(changes, gone)
      if (entry.messageKey !== null)
        await noteSeen(tx, [{ messageKey: entry.messageKey, outcome: 'queued', at: entry.queuedAt }])
      if (counts !== undefined)
        takeAway(changes, await renewCounts(tx, { ...entry, counts, before: queueId }))
      return queueId
    }
    case 'postpone':
      await tx.run(postpone, note)
      return 0
    case 'settle':
      return settle(writing, note)
    case 'told':
      await tx.run(dropRejection, note)
      return 0
    case 'seen':
      return note.delivered === undefined ? 0 : reached(writing, note.delivered)
  }
}

async function settle(writing: Writing, note: Note & { kind: 'settle' }): Promise<number> {
  const { tx, changes, onRejected } = writing
  const { queueId, deviceKey, delivered, rejected } = note
  takeAway(changes, await tx.all(removeEntry, { queueId }))
  if (rejected?.isOwn === true && onRejected) await onRejected(tx, rejected.device)
  else if (rejected) await tx.run(putRejection, { deviceKey, at: rejected.at })
  return delivered === undefined ? 0 : reached(writing, delivered, queueId)
}

/** Only what came before `before` has older counts. */
async function reached({ tx, changes }: Writing, delivered: Delivered, before = NO_LIMIT): Promise<number> {
  if (changes.room.count() === 0) return 0
  const { deviceKey, recipientKey, counts, at } = delivered
  if (counts !== undefined)
    takeAway(changes, await renewCounts(tx, { deviceKey, recipientKey, counts, before }))
  return tx.run(hasten, { deviceKey, now: at })
}
