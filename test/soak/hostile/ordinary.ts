import { foundingPusher } from '../../support/client.ts'
import type { LoggingGateway } from '../gateway.ts'
import { type Account, createRoom, join, passwordOf, register, sendPath, text, tryLogin } from './account.ts'
import { createCaller, pause } from './caller.ts'

// Ordinary use of the server during the attacks: half of the users send messages, the other half have
// pushers. All users wait in /sync, log in and read messages. The time of each request is measured, and each
// message must reach every pusher in its room. Users with pushers send no messages, because sending a message
// reads the room, and read events are not sent to pushers.

export type Measured = { sends: number[]; pokes: number[]; others: number[] }

export type Ordinary = {
  /** The localpart of the account whose password and inbox the attackers guess. */
  victim: string
  /** Sends and reads until the signal ends. Resolves after the responses to all requests. */
  use(signal: AbortSignal): Promise<Measured>
  /** Expected pokes that have not arrived. */
  owed(): string[]
  /** Unexpected responses to ordinary users, with their number. */
  refused: Map<string, number>
}

type Member = { account: Account; name: string; roomId: string; pushkey: string | undefined }

const ROOMS = 2
/** Senders and receivers of each room. */
const PER_ROOM = 2
const MAX_PAUSE_MS = 2000

/** Registers the users with rooms and pushers. */
export async function createOrdinaryUsers(url: string, gateway: LoggingGateway): Promise<Ordinary> {
  const caller = createCaller(url, '127.0.2.1')
  const members: Member[] = []
  const rooms: string[] = []
  for (let n = 0; n < ROOMS * PER_ROOM * 2; n++) {
    const name = `ordinary${n}`
    const account = await register(caller, name)
    if (rooms.length < ROOMS) rooms.push(await createRoom(account))
    const roomId = rooms[n % ROOMS] ?? ''
    await join(account, roomId)
    const pushkey = n < ROOMS * PER_ROOM ? undefined : `phone of ${name}`
    if (pushkey !== undefined)
      await account.callWithRetry('/pushers/set', { body: foundingPusher(gateway.url, { pushkey }) })
    members.push({ account, name, roomId, pushkey })
  }
  const refused = new Map<string, number>()
  /** By event id: when the message was sent, and the pushers whose poke has not arrived. */
  const sent = new Map<string, { at: number; owed: Set<string> }>()
  const early = new Map<string, Set<string>>()
  const measured: Measured = { sends: [], pokes: [], others: [] }

  gateway.onPoke = ({ eventId, pushkey }) => {
    if (eventId === undefined) return
    const message = sent.get(eventId)
    // A poke may arrive before the response to the request that sent the message.
    if (message === undefined) early.set(eventId, (early.get(eventId) ?? new Set()).add(pushkey))
    else if (message.owed.delete(pushkey)) measured.pokes.push(performance.now() - message.at)
  }
  const expectPokes = (eventId: string, sender: Member, at: number) => {
    const owed = new Set(
      members.flatMap(({ roomId, pushkey }) =>
        pushkey !== undefined && roomId === sender.roomId ? [pushkey] : [],
      ),
    )
    for (const pushkey of early.get(eventId) ?? []) if (owed.delete(pushkey)) measured.pokes.push(0)
    early.delete(eventId)
    sent.set(eventId, { at, owed })
  }
  const noteStatus = (what: string, status: number) => {
    if (status === 200) return
    const key = `${what}: status ${status}`
    refused.set(key, (refused.get(key) ?? 0) + 1)
  }

  async function send(member: Member): Promise<void> {
    const at = performance.now()
    const { status, body, ms } = await member.account.call(sendPath(member.roomId), text('hello'))
    noteStatus('send', status)
    measured.sends.push(ms)
    if (status === 200) expectPokes(String(body['event_id']), member, at)
  }

  async function readBack(member: Member): Promise<void> {
    const path = `/rooms/${encodeURIComponent(member.roomId)}/messages?dir=b&limit=20`
    const { status, ms } = await member.account.call(path)
    noteStatus('messages', status)
    measured.others.push(ms)
  }

  async function signIn({ name }: Member): Promise<void> {
    const { status, ms } = await tryLogin(caller, name, passwordOf(name))
    noteStatus('login', status)
    measured.others.push(ms)
  }

  async function sendAndRead(member: Member, at: number, signal: AbortSignal): Promise<void> {
    for (let n = at; !signal.aborted; n++) {
      if (member.pushkey === undefined) await send(member)
      if (n % 5 === 0) await readBack(member)
      if (n % 20 === 0) await signIn(member)
      await pause(Math.random() * MAX_PAUSE_MS, signal)
    }
  }

  async function syncContinuously({ account }: Member, signal: AbortSignal): Promise<void> {
    for (let since = ''; !signal.aborted;) {
      const { status, body } = await account.call(`/sync?timeout=5000${since && `&since=${since}`}`)
      noteStatus('sync', status)
      if (status === 200) since = String(body['next_batch'])
      else await pause(MAX_PAUSE_MS, signal)
    }
  }

  return {
    victim: 'ordinary0',
    refused,
    async use(signal) {
      Object.assign(measured, { sends: [], pokes: [], others: [] })
      await Promise.all(
        members.flatMap((member, at) => [sendAndRead(member, at, signal), syncContinuously(member, signal)]),
      )
      return { ...measured }
    },
    owed: () =>
      [...sent].flatMap(([eventId, { owed }]) => [...owed].map((pushkey) => `${eventId} to ${pushkey}`)),
  }
}
