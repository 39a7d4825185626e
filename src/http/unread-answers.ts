import type { ServerResponse } from 'node:http'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { limitExceeded } from '../lib/errors.ts'
import { createShares, type Refusal } from '../lib/shares.ts'
import { addressGroup } from './address.ts'

// Answers that their clients have not read yet are what a client can make this server keep in memory. Each counts from the moment at
// which its size is known until it is out. When there is no room for another one, answers whose clients have stopped reading
// give way; where all of them are being read, the new one is refused.

export type UnreadAnswers = {
  /** Counts an answer of so many bytes until its response closes. @throws MatrixError 429 when there is no room for it */
  hold(response: ServerResponse, answer: Holder & { bytes: number }): void
  /** Resolves when the client has read what was written, or to false after the deadline, with the connection closed. */
  drained(response: ServerResponse): Promise<boolean>
  /** The answer is written to its end: closes the connection when the client does not read it in time, or when there is no room for it. */
  guardEnd(response: ServerResponse, holder: Holder): void
  readonly bytes: number
  readonly dropped: number
}

export type Holder = { address: string; userId: string | undefined }

type Held = { response: ServerResponse; bytes: number; address: string; user: string | undefined }

/** An answer gives way to others when nothing of it was read for so long. */
const STALLED_MS = 2_000
const TRY_AGAIN_MS = 1000

type Limits = Pick<
  Config['limits'],
  | 'unread_answer_bytes'
  | 'unread_answer_bytes_per_address'
  | 'unread_answer_bytes_per_user'
  | 'read_timeout_ms'
>

export function createUnreadAnswers(limits: Limits, clock: Pick<Clock, 'now'>): UnreadAnswers {
  const { read_timeout_ms: readTimeoutMs } = limits
  /** Since when a response waits for its client to read. */
  const waiting = new Map<ServerResponse, number>()
  let dropped = 0
  const drop = (response: ServerResponse) => {
    dropped++
    response.destroy()
  }
  const isStalled = (since: number) => since <= clock.now() - STALLED_MS
  const held = createHeldAnswers(limits, { waiting, isStalled, drop })

  return {
    hold(response, answer) {
      const refused = held.hold(response, answer)
      if (refused !== undefined) throw limitExceeded(TRY_AGAIN_MS, noRoom(refused))
    },
    drained: (response) => {
      waiting.set(response, clock.now())
      return untilDrained(response, readTimeoutMs).then((isRead) => {
        waiting.delete(response)
        if (!isRead) drop(response)
        return isRead && !response.destroyed
      })
    },
    guardEnd(response, holder) {
      const bytes = response.writableLength
      if (bytes === 0 || response.destroyed) return
      if (!held.has(response) && held.hold(response, { ...holder, bytes }) !== undefined)
        return drop(response)
      // Behind another answer of the same connection it is that one's turn to be read.
      if (response.socket === null) return
      waiting.set(response, clock.now())
      const timer = setTimeout(() => drop(response), readTimeoutMs)
      response.once('close', () => {
        clearTimeout(timer)
        waiting.delete(response)
      })
    },
    get bytes() {
      return held.bytes
    },
    get dropped() {
      return dropped
    },
  }
}

type Full = 'user' | 'address' | Extract<Refusal, 'sum'>

type Stalling = {
  waiting: ReadonlyMap<ServerResponse, number>
  readonly isStalled: (since: number) => boolean
  readonly drop: (response: ServerResponse) => void
}

/** The room that answers take, of each user, of each address and in sum. */
function createHeldAnswers(limits: Limits, stalling: Stalling) {
  const ofAddresses = createShares({
    perKey: limits.unread_answer_bytes_per_address,
    inSum: limits.unread_answer_bytes,
  })
  const ofUsers = createShares({ perKey: limits.unread_answer_bytes_per_user, inSum: Infinity })
  const held = new Map<ServerResponse, Held>()
  /** However large an answer is, a client that has read all others gets it. */
  const most = Math.min(
    limits.unread_answer_bytes,
    limits.unread_answer_bytes_per_address,
    limits.unread_answer_bytes_per_user,
  )
  const release = (one: Held) => {
    if (!held.delete(one.response)) return
    ofAddresses.give(one.address, one.bytes)
    if (one.user !== undefined) ofUsers.give(one.user, one.bytes)
  }
  /** Takes room for an answer. What was taken before a refusal is given back. */
  const take = ({ bytes, address, user }: Held): Full | undefined => {
    if (user !== undefined && ofUsers.take(user, bytes)) return 'user'
    const refused = ofAddresses.take(address, bytes)
    if (refused && user !== undefined) ofUsers.give(user, bytes)
    return refused && (refused === 'key' ? 'address' : 'sum')
  }

  return {
    has: (response: ServerResponse) => held.has(response),
    get bytes() {
      return ofAddresses.held
    },
    /** Undefined: it is held now. */
    hold(response: ServerResponse, { bytes, address, userId }: Holder & { bytes: number }): Full | undefined {
      const counted = Math.min(bytes, most)
      const one: Held = { response, bytes: counted, address: addressGroup(address), user: userId }
      for (;;) {
        const refused = take(one)
        if (refused === undefined) break
        const other = longestStalled(held.values(), stalling, (each) => isInTheWay(each, one, refused))
        if (other === undefined) return refused
        release(other)
        stalling.drop(other.response)
      }
      held.set(response, one)
      if (response.destroyed) release(one)
      else response.once('close', () => release(one))
      return undefined
    },
  }
}

const isInTheWay = (one: Held, want: Held, full: Full) => full === 'sum' || one[full] === want[full]

/** The answer that has been stalled longest among those that are in the way. */
function longestStalled(
  held: Iterable<Held>,
  { waiting, isStalled }: Stalling,
  inTheWay: (one: Held) => boolean,
): Held | undefined {
  let oldest: { one: Held; since: number } | undefined
  for (const one of held) {
    const since = waiting.get(one.response) ?? Infinity
    if (inTheWay(one) && isStalled(since) && since < (oldest?.since ?? Infinity)) oldest = { one, since }
  }
  return oldest?.one
}

/** False: not within the time. A connection that closes has nothing left to be read. */
function untilDrained(response: ServerResponse, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (isRead: boolean) => {
      clearTimeout(timer)
      response.off('drain', onRead).off('close', onRead)
      resolve(isRead)
    }
    const onRead = () => done(true)
    const timer = setTimeout(() => done(false), ms)
    response.on('drain', onRead).on('close', onRead)
    if (response.destroyed) done(true)
  })
}

function noRoom(refused: Full): string {
  return refused === 'sum'
    ? 'Too many answers on this server wait to be read; try again in a moment'
    : `Your ${refused} has not read the answers that it asked for before; read them first`
}
