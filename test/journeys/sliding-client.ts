import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { call, type ClientResponse, registerUser, type TestUser } from '../support/client.ts'
import { startTestServer } from '../support/server.ts'

export type SlidingEvent = {
  event_id: string
  type: string
  sender: string
  state_key?: string
  content: Record<string, unknown>
}
/** A room in either shape. */
export type SlidingRoom = {
  initial?: boolean
  membership?: string
  lists?: string[]
  name?: string | null
  avatar?: string | null
  heroes?: { user_id: string; displayname?: string }[]
  is_dm?: boolean
  bump_stamp: number
  required_state?: SlidingEvent[]
  timeline?: SlidingEvent[]
  timeline_events?: SlidingEvent[]
  invite_state?: SlidingEvent[]
  stripped_state?: SlidingEvent[]
  unstable_expanded_timeline?: boolean
  expanded_timeline?: boolean
  prev_batch?: string
  limited?: boolean
  num_live?: number
  joined_count?: number
  invited_count?: number
  notification_count?: number
  highlight_count?: number
}
export type SlidingBody = {
  pos: string
  txn_id?: string
  lists: Record<string, { count: number }>
  rooms: Record<string, SlidingRoom>
  extensions: {
    to_device?: { next_batch: string; events: { type: string; sender: string; content: unknown }[] }
    e2ee?: {
      device_lists?: { changed: string[]; left: string[] }
      device_one_time_keys_count: Record<string, number>
      device_unused_fallback_key_types: string[]
    }
    account_data?: {
      global: { type: string; content: Record<string, unknown> }[]
      rooms: Record<string, { type: string; content: unknown }[]>
    }
    receipts?: { rooms: Record<string, { content: Record<string, Record<string, Record<string, unknown>>> }> }
    typing?: { rooms: Record<string, { content: { user_ids: string[] } }> }
  }
}
export type SlidingCall = { pos?: string; timeout?: number; signal?: AbortSignal }

const UNSTABLE = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'

/** Calls the path that Element X calls, with any status. */
export function tryUnstable(
  base: string,
  user: TestUser,
  body: unknown,
  { pos, timeout }: SlidingCall = {},
): Promise<ClientResponse> {
  const query = new URLSearchParams({
    ...(pos === undefined ? {} : { pos }),
    ...(timeout === undefined ? {} : { timeout: String(timeout) }),
  })
  return call(`${base}${UNSTABLE}?${query.toString()}`, { token: user.token, body })
}

export async function unstable(
  base: string,
  user: TestUser,
  body: unknown,
  options: SlidingCall = {},
): Promise<SlidingBody> {
  return ok(await tryUnstable(base, user, body, options))
}

export const tryStable = (base: string, user: TestUser, body: unknown): Promise<ClientResponse> =>
  call(`${base}/_matrix/client/v4/sync`, { token: user.token, body })

export async function stable(base: string, user: TestUser, body: unknown): Promise<SlidingBody> {
  return ok(await tryStable(base, user, body))
}

function ok({ status, body }: ClientResponse): SlidingBody {
  assert.equal(status, 200, JSON.stringify(body))
  return body as SlidingBody
}

export const timelineOf = (room: SlidingRoom | undefined): SlidingEvent[] =>
  room?.timeline ?? room?.timeline_events ?? []
/** The texts of the messages. */
export const textsOf = (room: SlidingRoom | undefined): unknown[] =>
  timelineOf(room).flatMap(({ content }) => content['body'] ?? [])
export const stateOf = (room: SlidingRoom | undefined): string[] =>
  (room?.required_state ?? []).map(({ type, state_key }) => `${type} ${state_key}`).sort()

/** A server with alice, who reads, and bob. */
export async function beginSliding(t: TestContext) {
  const { url } = await startTestServer(t)
  const [alice, bob] = [await registerUser(url, 'alice'), await registerUser(url, 'bob')]
  /** A room of both, with a name. */
  const roomOf = async (name: string) => {
    const roomId = await bob.createRoom({ preset: 'public_chat', name })
    await alice.post(`/join/${encodeURIComponent(roomId)}`)
    return roomId
  }
  const path = (roomId: string, rest: string) => `/rooms/${encodeURIComponent(roomId)}/${rest}`
  return { url, alice, bob, roomOf, path }
}
