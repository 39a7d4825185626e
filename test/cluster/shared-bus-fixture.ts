import type { TestContext } from 'node:test'
import { createBusMetrics } from '../../src/cluster/bus-metrics.ts'
import type { Topic } from '../../src/cluster/bus.ts'
import type { Link, LinkEvents } from '../../src/cluster/link.ts'
import { createSharedBus, type ServerBus } from '../../src/cluster/shared-bus.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { systemRandom } from '../../src/lib/ids.ts'
import { afterTest } from '../support/after-test.ts'
import { silentLog } from '../support/log.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'

/** What happens to a text on its way: the texts that arrive, and in which order. Default: the text. */
export type Network = { pass: (text: string, from: number) => string[]; isUp: boolean[] }

export type Heard = [topic: string, message: unknown][]

/** Buses of processes that are joined by a network in memory. */
export async function joinBuses(t: TestContext, { count = 2, maxBytes = 10_000 } = {}) {
  const clock = createManualClock()
  const network: Network = { pass: (text) => [text], isUp: [] }
  const ends: LinkEvents[] = []
  const buses: ServerBus[] = []
  const rendered: (() => Promise<string>)[] = []
  for (let at = 0; at < count; at++) {
    const metrics = createMetrics({ processMetrics: false })
    const link = linkOf(network, { ends, at, maxBytes })
    const deps = { clock, random: systemRandom, log: silentLog, metrics: createBusMetrics(metrics) }
    buses.push(createSharedBus(deps, { kind: 'test', link }))
    rendered.push(metrics.render)
  }
  for (const bus of buses) await bus.start()
  afterTest(t, async () => {
    for (const bus of buses) await bus[Symbol.asyncDispose]()
  })
  return {
    buses: buses as [ServerBus, ServerBus, ...ServerBus[]],
    network,
    pass: (ms: number) => passTime(clock, ms),
    /** The value of a metric of a bus; labels as in its text. */
    metric: async (at: number, name: string): Promise<number> => {
      const text = (await rendered[at]?.()) ?? ''
      const line = text.split('\n').find((one) => one.startsWith(`${name} `))
      return Number(line?.split(' ')[1] ?? 0)
    },
    drop: (at: number) => {
      network.isUp[at] = false
      ends[at]?.disconnected()
    },
    raise: (at: number) => {
      network.isUp[at] = true
      ends[at]?.connected()
    },
  }
}

function linkOf(
  network: Network,
  { ends, at, maxBytes }: { ends: LinkEvents[]; at: number; maxBytes: number },
): Link {
  return {
    maxBytes,
    async start(to) {
      ends[at] = to
      network.isUp[at] = true
      to.connected()
    },
    send(text) {
      if (!network.isUp[at]) throw new Error('sent without a connection')
      for (const one of network.pass(text, at))
        for (const [index, end] of ends.entries()) if (network.isUp[index]) end.received(one)
    },
    reconnect() {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** In steps, so that each check of the buses happens at its time. */
async function passTime(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    await tick()
    clock.advance(1000)
  }
  await tick()
}

/** Until all that is sent in this tick has arrived. */
export const tick = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

export function listen(bus: ServerBus, topics: readonly Topic[]): Heard {
  const heard: Heard = []
  bus.subscribe(topics, (message, topic) => heard.push([topic, message]))
  return heard
}
