import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type Account, createRoom, join, login, register, sendPath, text, tryLogin, V3 } from './account.ts'
import { type Caller, createCaller, pause } from './caller.ts'

/** Parameters of an attack. `scale` 1 is the size that stopped a server without limits, or filled its disk. */
export type Target = { url: string; victim: string; scale: number; signal: AbortSignal }

type Attack = {
  name: string
  /** Runs until the signal ends. Resolves to violations, one sentence each. */
  run: (target: Target, caller: Caller) => Promise<string[]>
}

const sized = (full: number, { scale }: Target) => Math.max(1, Math.round(full * scale))
const times = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at))
const unique = () => randomBytes(6).toString('hex')

/** Repeats `round` until the signal ends. */
async function repeat({ signal }: Target, round: () => Promise<unknown>): Promise<string[]> {
  while (!signal.aborted) await round()
  return []
}

/** A body of /notify of almost the size limit, for many devices. */
const fullNotification = (pushkeys: readonly string[]) => ({
  notification: {
    event_id: `$${unique()}`,
    room_id: '!room',
    type: 'm.room.message',
    content: { body: 'x'.repeat(480 * 1024) },
    devices: pushkeys.map((pushkey) => ({ app_id: 'org.belfry.inbox', pushkey, pushkey_ts: 1, data: {} })),
  },
})

const fillInbox: Attack = {
  name: 'fill the inbox through /notify',
  run: (target, caller) =>
    repeat(target, () => {
      const body = fullNotification(times(100, unique))
      return caller.callWithRetry('/_matrix/push/v1/notify', { body, signal: target.signal })
    }),
}

const readInbox: Attack = {
  name: "guess another user's inbox",
  run: async (target, caller) => {
    const found = new Set<string>()
    while (!target.signal.aborted)
      for (const pushkey of [`${target.victim}s-phone`, target.victim, unique()]) {
        const { status } = await caller.call(`/_belfry/v1/inbox/${pushkey}`, { signal: target.signal })
        if (status === 200) found.add("an inbox was read without its owner's token")
      }
    return [...found]
  },
}

const slowRules: Attack = {
  name: 'thousands of content rules and a long message',
  async run(target, caller) {
    const sender = await register(caller, `rules-${unique()}`)
    const roomId = await createRoom(sender)
    const owners = await Promise.all(times(sized(5, target), () => register(caller, `rules-${unique()}`)))
    await Promise.all(owners.map((owner) => join(owner, roomId)))
    const setRules = owners.map((owner) => addRules(owner, sized(1990, target), target.signal))
    await repeat(target, async () => {
      await sender.callWithRetry(sendPath(roomId), { ...text('a'.repeat(60_000)), signal: target.signal })
      const event = { type: 'm.room.message', sender: '@x:y', content: { body: 'a'.repeat(50_000) } }
      const body = { event }
      await caller.callWithRetry('/_belfry/v1/explain', { token: sender.token, body, signal: target.signal })
    })
    await Promise.all(setRules)
    return []
  },
}

async function addRules(owner: Account, count: number, signal: AbortSignal): Promise<void> {
  for (let n = 0; n < count && !signal.aborted; n++) {
    const pattern = n % 2 === 0 ? `${'a'.repeat(n % 90)}b${n}` : `a*a*${'a?'.repeat(n % 20)}${n}`
    const body = { pattern, actions: ['notify'] }
    await owner.callWithRetry(`/pushrules/global/content/r${n}`, { method: 'PUT', body, signal })
  }
}

const HOLD_MS = 5000

const unreadResponses: Attack = {
  name: 'request long responses and never read them',
  async run(target, caller) {
    const account = await register(caller, `unread-${unique()}`)
    const roomId = await createRoom(account)
    for (let n = 0; n < sized(1000, target) && !target.signal.aborted; n++)
      await account.callWithRetry(sendPath(roomId), { ...text('m'.repeat(60_000)), signal: target.signal })
    const path = `${V3}/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=1000`
    return repeat(target, () =>
      hold(target, caller, sized(40, target), (socket) =>
        socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${account.token}\r\n\r\n`),
      ),
    )
  },
}

const halfBodies: Attack = {
  name: 'start request bodies and never end them',
  run: (target, caller) =>
    repeat(target, () =>
      hold(target, caller, sized(2000, target), (socket) => {
        socket.write(
          'POST /_matrix/push/v1/notify HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500000\r\n\r\n',
        )
        socket.write(`{"notification":{"content":{"body":"${'x'.repeat(400_000)}`)
      }),
    ),
}

/** Opens connections, calls `begin` for each, reads nothing, and closes them after `HOLD_MS`. */
async function hold(
  { url, signal }: Target,
  { address }: Caller,
  count: number,
  begin: (socket: Socket) => void,
): Promise<void> {
  const { hostname, port } = new URL(url)
  const sockets = times(count, () => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: address })
    socket.on('error', () => undefined).on('connect', () => begin(socket))
    socket.pause()
    return socket
  })
  await pause(HOLD_MS, signal)
  for (const socket of sockets) socket.destroy()
}

const fillQuota: Attack = {
  name: 'store account data and state without limit',
  async run(target, caller) {
    const account = await register(caller, `quota-${unique()}`)
    const roomId = await createRoom(account)
    const content = { text: 'q'.repeat(60_000) }
    return repeat(target, async () => {
      const put = { method: 'PUT', body: content, signal: target.signal }
      await account.callWithRetry(`/user/${account.userId}/account_data/t${unique()}`, put)
      await account.callWithRetry(`/rooms/${encodeURIComponent(roomId)}/state/t/${unique()}`, put)
    })
  },
}

const slowNames: Attack = {
  name: 'pushers whose names never resolve',
  async run(target, caller) {
    const account = await register(caller, `names-${unique()}`)
    const set = () =>
      account.callWithRetry('/pushers/set', {
        body: pusherAt(`https://${unique()}.${unique()}.test/_matrix/push/v1/notify`, unique()),
        signal: target.signal,
      })
    return repeat(target, () => Promise.all(times(12, set)))
  },
}

const pusherAt = (url: string, pushkey: string) => ({
  pushkey,
  kind: 'http',
  app_id: 'org.example.hostile',
  instance_handle: 'hostile',
  app_display_name: 'App',
  device_display_name: 'Device',
  lang: 'en',
  data: { url },
})

const manySyncs: Attack = {
  name: 'thousands of long polls that end together',
  async run(target, caller) {
    const accounts = await Promise.all(times(sized(20, target), () => register(caller, `syncs-${unique()}`)))
    const [sender] = accounts as [Account]
    const roomId = await createRoom(sender)
    await Promise.all(accounts.map((account) => join(account, roomId)))
    return repeat(target, async () => {
      const polls = accounts.flatMap((account) => times(100, () => account))
      const since = await Promise.all(
        accounts.map(async (account) => String((await account.callWithRetry('/sync')).body['next_batch'])),
      )
      const woken = polls.map((account) => {
        const token = since[accounts.indexOf(account)] ?? ''
        return account.call(`/sync?timeout=10000&since=${token}`, { signal: target.signal })
      })
      await pause(500, target.signal)
      await sender.callWithRetry(sendPath(roomId), { ...text('event'), signal: target.signal })
      await Promise.all(woken)
    })
  },
}

const longBacklog: Attack = {
  name: 'a backlog at a gateway that never responds',
  async run(target, caller) {
    const gateway = createServer(() => undefined)
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
    const { port } = gateway.address() as AddressInfo
    try {
      const [sender, owner] = [
        await register(caller, `backlog-${unique()}`),
        await register(caller, `backlog-${unique()}`),
      ]
      const roomId = await createRoom(sender)
      await join(owner, roomId)
      for (let n = 0; n < sized(50, target); n++)
        await owner.callWithRetry('/pushers/set', {
          body: { ...pusherAt(`http://127.0.0.1:${port}/_matrix/push/v1/notify`, unique()), append: true },
        })
      return await repeat(target, () =>
        sender.callWithRetry(sendPath(roomId), { ...text('more'), signal: target.signal }),
      )
    } finally {
      gateway.closeAllConnections()
      gateway.close()
    }
  },
}

const manyProbes: Attack = {
  name: 'health probes without a pause',
  run: (target, caller) =>
    repeat(target, () =>
      Promise.all(
        ['/health', '/ready', '/metrics'].flatMap((path) =>
          times(10, () => caller.call(path, { signal: target.signal })),
        ),
      ),
    ),
}

const guessPassword: Attack = {
  name: "guess an ordinary user's password",
  run: (target, caller) =>
    repeat(target, async () => {
      const { status } = await tryLogin(caller, target.victim, unique())
      if (status !== 403) await pause(100, target.signal)
    }),
}

const syncAfterLogout: Attack = {
  name: 'wait in /sync after the logout',
  async run(target, caller) {
    const name = `logout-${unique()}`
    const sender = await register(caller, name)
    const roomId = await createRoom(sender)
    const found: string[] = []
    await repeat(target, async () => {
      const session = await login(caller, name)
      const { body } = await session.callWithRetry('/sync')
      const waiting = session.call(`/sync?timeout=20000&since=${String(body['next_batch'])}`)
      await session.call('/logout', { body: {} })
      await sender.callWithRetry(sendPath(roomId), text('secret'))
      const response = await waiting
      if (JSON.stringify(response.body).includes('secret'))
        found.push('a logged-out session received a later message')
    })
    return [...new Set(found)]
  },
}

const changingPresence: Attack = {
  name: 'change presence without a pause, in a room of observers',
  async run(target, caller) {
    const accounts = await Promise.all(
      times(sized(50, target), () => register(caller, `presence-${unique()}`)),
    )
    const [first] = accounts as [Account]
    const roomId = await createRoom(first)
    await Promise.all(accounts.map((account) => join(account, roomId)))
    const states = ['online', 'unavailable', 'offline']
    return repeat(target, async () => {
      await Promise.all(
        accounts.flatMap((account) =>
          states.flatMap((presence) => {
            const set = { method: 'PUT', body: { presence, status_msg: unique() }, signal: target.signal }
            return [
              account.call(`/presence/${account.userId}/status`, set),
              account.call(`/sync?set_presence=${presence}`, { signal: target.signal }),
            ]
          }),
        ),
      )
      await pause(20, target.signal)
    })
  },
}

const ATTACKS: readonly Attack[] = [
  fillInbox,
  readInbox,
  slowRules,
  unreadResponses,
  halfBodies,
  fillQuota,
  slowNames,
  manySyncs,
  longBacklog,
  manyProbes,
  guessPassword,
  syncAfterLogout,
  changingPresence,
]

export type AttackReport = { name: string; statuses: Record<string, number>; violations: string[] }

/** Runs all attacks concurrently, each from a separate address, until the signal ends. */
export function attack(target: Target): Promise<AttackReport[]> {
  return Promise.all(
    ATTACKS.map(async ({ name, run }, at) => {
      const caller = createCaller(target.url, `127.0.1.${at + 1}`)
      const violations = await run(target, caller).catch((error: unknown) => [
        `the attack itself failed: ${String(error)}`,
      ])
      const faults = [...caller.statuses].filter(([status]) => status >= 500)
      return {
        name,
        statuses: Object.fromEntries(caller.statuses),
        violations: [
          ...violations,
          ...faults.map(([status, count]) => `${count} responses with status ${status}`),
        ],
      }
    }),
  )
}
