import { foundingPusher } from '../../support/client.ts'
import type { LoggingGateway } from '../gateway.ts'
import { type Account, createRoom, join, passwordOf, register, sendPath, text, tryLogin } from './account.ts'
import { createCaller, pause } from './caller.ts'

// Ordinary use of the server while others attack it: half of the users send messages, the other half have pushers. All wait in /sync, sign in
// and read back. How long each request takes is measured, and each message has to reach every pusher in its room. Who has a pusher sends
// nothing: sending a message reads the room, and what is read is not sent to pushers.

export type Measured = { sends: number[]; pokes: number[]; others: number[] }

export type Ordinary = {
  /** The account that the attackers know the name of. */
  victim: string
  /** Sends and reads until the signal ends; resolves when all requests are answered. */
  use(signal: AbortSignal): Promise<Measured>
  /** Pokes that are owed and have not come. */
  owed(): string[]
  /** Answers that an ordinary user should not have got, one sentence each. */
  refused: Map<string, number>
}

type Member = { account: Account; name: string; roomId: string; pushkey: string | undefined }

const ROOMS = 2
/** Senders and receivers of each room. */
const PER_ROOM = 2
const MAX_PAUSE_MS = 2000

/** Registers the users, with rooms and pushers, before the attacks begin. */
export async function settle(url: string, gateway: LoggingGateway): Promise<Ordinary> {
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
      await account.insist('/pushers/set', { body: foundingPusher(gateway.url, { pushkey }) })
    members.push({ account, name, roomId, pushkey })
  }
  const refused = new Map<string, number>()
  /** When a message was sent, by event id, and the pushers that are still owed its poke. */
  const sent = new Map<string, { at: number; owed: Set<string> }>()
  const early = new Map<string, Set<string>>()
  const measured: Measured = { sends: [], pokes: [], others: [] }

  gateway.onPoke = ({ eventId, pushkey }) => {
    if (eventId === undefined) return
    const message = sent.get(eventId)
    // The poke may come before the answer to the request that sent the message.
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
  const note = (what: string, status: number) => {
    if (status === 200) return
    const key = `${what}: status ${status}`
    refused.set(key, (refused.get(key) ?? 0) + 1)
  }

  async function send(member: Member): Promise<void> {
    const at = performance.now()
    const { status, body, ms } = await member.account.call(sendPath(member.roomId), text('hello'))
    note('send', status)
    measured.sends.push(ms)
    if (status === 200) expectPokes(String(body['event_id']), member, at)
  }

  async function readBack(member: Member): Promise<void> {
    const path = `/rooms/${encodeURIComponent(member.roomId)}/messages?dir=b&limit=20`
    const { status, ms } = await member.account.call(path)
    note('messages', status)
    measured.others.push(ms)
  }

  async function signIn({ name }: Member): Promise<void> {
    const { status, ms } = await tryLogin(caller, name, passwordOf(name))
    note('login', status)
    measured.others.push(ms)
  }

  async function live(member: Member, at: number, signal: AbortSignal): Promise<void> {
    for (let n = at; !signal.aborted; n++) {
      if (member.pushkey === undefined) await send(member)
      if (n % 5 === 0) await readBack(member)
      if (n % 20 === 0) await signIn(member)
      await pause(Math.random() * MAX_PAUSE_MS, signal)
    }
  }

  async function follow({ account }: Member, signal: AbortSignal): Promise<void> {
    for (let since = ''; !signal.aborted;) {
      const { status, body } = await account.call(`/sync?timeout=5000${since && `&since=${since}`}`)
      note('sync', status)
      if (status === 200) since = String(body['next_batch'])
      else await pause(MAX_PAUSE_MS, signal)
    }
  }

  return {
    victim: 'ordinary0',
    refused,
    async use(signal) {
      Object.assign(measured, { sends: [], pokes: [], others: [] })
      await Promise.all(members.flatMap((member, at) => [live(member, at, signal), follow(member, signal)]))
      return { ...measured }
    },
    owed: () =>
      [...sent].flatMap(([eventId, { owed }]) => [...owed].map((pushkey) => `${eventId} to ${pushkey}`)),
  }
}
