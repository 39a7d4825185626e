import { cpuMs } from './processes.ts'
import type { Receiver } from './receiver.ts'
import { type Cpu, type Side, startCpu } from './rounds.ts'
import type { SeededRoom } from './seed.ts'

// The delivery of a backlog. The gateway holds its responses while messages build the backlog. When the
// server is idle, the gateway responds. From then until the last poke the server does nothing but delivery.

export type Backlog = { room: SeededRoom; pushers: number; messages: number }
export type BacklogDelivery = Cpu & { pokesPerSecond: number }

const IDLE_CHECK_MS = 100

/** Sends messages while the gateway does not respond, and waits until the server is idle. */
export async function buildBacklog(
  receiver: Receiver,
  { program, load }: Side,
  { room, messages }: Backlog,
): Promise<void> {
  await receiver.hold()
  await receiver.begin(load.next())
  await Promise.all(Array.from({ length: messages }, () => load.send(room)))
  await waitUntilIdle(receiver, program.pid)
}

/** Measures from the gateway's first response to the last poke. */
export async function drainBacklog(
  receiver: Receiver,
  { program }: Side,
  { pushers, messages }: Backlog,
): Promise<BacklogDelivery> {
  const cpu = startCpu(program, receiver)
  const { openedAt, held } = await receiver.open()
  const { lastAt } = await receiver.end(pushers * messages)
  // Held pokes arrived before the gateway responded, so they do not count.
  const pokes = pushers * messages - held
  const tookMs = lastAt - openedAt
  return { pokesPerSecond: (pokes * 1000) / tookMs, ...cpu({ pokes, tookMs }) }
}

/** Waits until the number of held pokes is constant and the server uses no CPU time. */
async function waitUntilIdle(receiver: Receiver, pid: number): Promise<void> {
  for (let [held, cpu] = [0, 0]; ;) {
    await new Promise((resolve) => setTimeout(resolve, IDLE_CHECK_MS))
    const now = [await receiver.held(), cpuMs(pid)] as const
    // An idle server runs sweepers.
    if (held > 0 && now[0] === held && !(now[1] > cpu + 10)) return
    ;[held, cpu] = now
  }
}
