import type { ServerResponse } from 'node:http'
import type { Config } from '../config/schema.ts'
import type { Clock } from '../lib/clock.ts'
import { limitExceeded } from '../lib/errors.ts'
import { createShares, type Refusal } from '../lib/shares.ts'
import { addressGroup } from './address.ts'

// Unread responses are the memory that a client can make this server use. A response counts from the moment
// its size is known until it is sent completely. When the limit is reached, responses of clients that have
// stopped reading are dropped; if all clients are reading, the new response is refused.

export type UnreadResponses = {
  /** Counts the bytes of a response until it closes. @throws MatrixError 429 if the limit is reached */
  hold(response: ServerResponse, size: Holder & { bytes: number }): void
  /**
   * Resolves to true when the client has read everything written, or to false after the deadline, when the
   * connection was closed.
   */
  drained(response: ServerResponse): Promise<boolean>
  /**
   * After the last write: closes the connection if the client does not read the response in time, or if the
   * limit is reached.
   */
  guardEnd(response: ServerResponse, holder: Holder): void
  readonly bytes: number
  readonly dropped: number
}

export type Holder = { address: string; userId: string | undefined }

type Held = { response: ServerResponse; bytes: number; address: string; user: string | undefined }

/** A response may be dropped for others if the client has read nothing for this time. */
const STALLED_MS = 2_000
const TRY_AGAIN_MS = 1000

type Limits = Pick<
  Config['limits'],
  | 'unread_answer_bytes'
  | 'unread_answer_bytes_per_address'
  | 'unread_answer_bytes_per_user'
  | 'read_timeout_ms'
>

export function createUnreadResponses(limits: Limits, clock: Pick<Clock, 'now'>): UnreadResponses {
  const { read_timeout_ms: readTimeoutMs } = limits
  /** The time from which each response waits for its client to read. */
  const waiting = new Map<ServerResponse, number>()
  let dropped = 0
  const drop = (response: ServerResponse) => {
    dropped++
    response.destroy()
  }
  const isStalled = (since: number) => since <= clock.now() - STALLED_MS
  const held = createHeldResponses(limits, { waiting, isStalled, drop })

  return {
    hold(response, size) {
      const refused = held.hold(response, size)
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
      // The connection is sending an earlier response, so this one is not late.
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

/** The bytes of unread responses by user, by address and in total. */
function createHeldResponses(limits: Limits, stalling: Stalling) {
  const ofAddresses = createShares({
    perKey: limits.unread_answer_bytes_per_address,
    inSum: limits.unread_answer_bytes,
  })
  const ofUsers = createShares({ perKey: limits.unread_answer_bytes_per_user, inSum: Infinity })
  const held = new Map<ServerResponse, Held>()
  /** A client that has read all its other responses gets any response, however large. */
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
  /** Counts a response. A refusal takes back partial counts. */
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
    /** Returns undefined if the response is now counted. */
    hold(response: ServerResponse, { bytes, address, userId }: Holder & { bytes: number }): Full | undefined {
      const counted = Math.min(bytes, most)
      const one: Held = { response, bytes: counted, address: addressGroup(address), user: userId }
      for (;;) {
        const refused = take(one)
        if (refused === undefined) break
        const other = longestStalled(held.values(), stalling, (each) => sharesFullLimit(each, one, refused))
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

const sharesFullLimit = (one: Held, want: Held, full: Full) => full === 'sum' || one[full] === want[full]

/** The longest stalled response of those that count for the exceeded limit. */
function longestStalled(
  held: Iterable<Held>,
  { waiting, isStalled }: Stalling,
  competes: (one: Held) => boolean,
): Held | undefined {
  let oldest: { one: Held; since: number } | undefined
  for (const one of held) {
    const since = waiting.get(one.response) ?? Infinity
    if (competes(one) && isStalled(since) && since < (oldest?.since ?? Infinity)) oldest = { one, since }
  }
  return oldest?.one
}

/** Resolves to false after the deadline. A closed connection counts as read. */
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
    ? 'Too many responses of this server are unread; try again in a moment'
    : `Your ${refused} has too many unread responses; read them first`
}
