import type { Agent } from 'node:http'
import { ask, post } from './ask.ts'

// The two forms of sync, so that a benchmark runs each with the same clients.

/** How a client syncs. The position is a token (`since`, `pos`). */
export type SyncMode = {
  name: 'classic' | 'sliding'
  /**
   * The first request of a client, without waiting, as its whole text. `small`: with few events, so that
   * thousands of clients can start.
   */
  first(of: SyncCall, small?: boolean): Promise<string>
  /** A long poll. */
  poll(of: SyncCall & { at: string; timeoutMs: number }): Promise<string>
  positionIn(response: string): string
}

export type SyncCall = { agent: Agent; url: string; token: string }

const CLASSIC = '/_matrix/client/v3/sync'
const SMALL = encodeURIComponent('{"room":{"timeline":{"limit":1},"state":{"lazy_load_members":true}}}')

const classic: SyncMode = {
  name: 'classic',
  first: ({ agent, url, token }, small = false) =>
    ask(agent, `${url}${CLASSIC}${small ? `?filter=${SMALL}` : ''}`, token),
  poll: ({ agent, url, token, at, timeoutMs }) =>
    ask(agent, `${url}${CLASSIC}?since=${at}&timeout=${timeoutMs}`, token),
  positionIn: (response) => JSON.parse(response).next_batch,
}

const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'
/** The first screen of an app like Element X. */
const SCREEN = JSON.stringify({
  lists: {
    all_rooms: {
      ranges: [[0, 19]],
      timeline_limit: 1,
      required_state: [
        ['m.room.name', ''],
        ['m.room.encryption', ''],
        ['m.room.member', '$LAZY'],
        ['m.room.member', '$ME'],
      ],
    },
  },
  extensions: {
    to_device: { enabled: true },
    e2ee: { enabled: true },
    account_data: { enabled: true },
    receipts: { enabled: true },
    typing: { enabled: true },
  },
})

const sliding: SyncMode = {
  name: 'sliding',
  first: ({ agent, url, token }) => post(agent, url + SLIDING, { token, json: SCREEN }),
  poll: ({ agent, url, token, at, timeoutMs }) =>
    post(agent, `${url}${SLIDING}?pos=${encodeURIComponent(at)}&timeout=${timeoutMs}`, {
      token,
      json: SCREEN,
    }),
  positionIn: (response) => JSON.parse(response).pos,
}

export const SYNC_MODES: readonly SyncMode[] = [classic, sliding]
export const CLASSIC_MODE = classic
