import { type Clock, steadyNow } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Absence } from './absence.ts'
import type { BusMetrics, DropReason, LookReason } from './bus-metrics.ts'
import { type Bus, createLocalBus } from './bus.ts'
import { createPack, type Frame, readFrame, writeFrame } from './frame.ts'
import type { Link } from './link.ts'
import { BEAT_MS, createPeers, SILENT_MS } from './peers.ts'

// The bus of a server of several processes. Messages of one tick, and with them those of one group of
// transactions, are sent together.
//
// A listener is called without a message when messages may have been lost: after each connection, every 4 s
// while this process or another one has no connection, when a text of another process is missing, and when
// another process is silent.

/** `peers`: the number of other processes that are heard. */
export type BusHealth = { kind: string; connected: boolean; peers: number }

export type ServerBus = Bus &
  AsyncDisposable & {
    /** @throws ConfigError as `Link` */
    start(): Promise<void>
    /** For `/health`. */
    health(): BusHealth
  }

export type SharedBusDeps = { clock: Clock; random: Random; log: Log; metrics: BusMetrics }

type Joined = {
  /** For the operator. */
  kind: string
  link: Link
  /** Tells which processes have no connection; undefined: not needed. */
  absence?: Absence | undefined
}

export function createSharedBus(deps: SharedBusDeps, joined: Joined): ServerBus {
  const bus = new SharedBus(deps, joined)
  return {
    publish: (topic, message) => bus.publish(topic, message),
    subscribe: (topics, listener) => bus.local.subscribe(topics, listener),
    start: () => bus.start(),
    health: () => bus.health(),
    [Symbol.asyncDispose]: () => bus.end(),
  }
}

class SharedBus {
  readonly local = createLocalBus()
  readonly #deps: SharedBusDeps
  readonly #joined: Joined
  readonly #self: string
  readonly #peers
  readonly #pack = createPack()
  readonly #ending = new AbortController()
  #isConnected = false
  #isPacking = false
  /** The number of texts with news that this process has sent, or could not send. */
  #sent = 0
  /** When the last own text came back, or the connection was made; of the monotonic clock. */
  #returnedAt = 0
  #lookedAt = 0
  #beatenAt = 0
  #beating: Promise<void> = Promise.resolve()

  constructor(deps: SharedBusDeps, joined: Joined) {
    this.#deps = deps
    this.#joined = joined
    this.#self = deps.random.token(9)
    this.#peers = createPeers(() => steadyNow(deps.clock))
    deps.metrics.connected.set(0)
  }

  publish(...[topic, message]: Parameters<Bus['publish']>): void {
    this.local.publish(topic, message)
    this.#pack.add(topic, message)
    if (this.#isPacking) return
    this.#isPacking = true
    setImmediate(() => this.#flush())
  }

  async start(): Promise<void> {
    await this.#joined.link.start({
      connected: () => this.#connected(),
      disconnected: () => this.#disconnected(),
      received: (text) => this.#received(text),
    })
    this.#beating = this.#beatUntilEnd()
  }

  health(): BusHealth {
    return { kind: this.#joined.kind, connected: this.#isConnected, peers: this.#peers.size }
  }

  async end(): Promise<void> {
    this.#ending.abort()
    await this.#beating
    this.#flush()
    if (this.#isConnected) this.#send({ kind: 'bye' })
    await this.#joined.link[Symbol.asyncDispose]()
    await this.#joined.absence?.[Symbol.asyncDispose]()
  }

  #connected(): void {
    const { metrics, log, clock } = this.#deps
    this.#isConnected = true
    this.#returnedAt = steadyNow(clock)
    metrics.connected.set(1)
    metrics.connections.inc()
    log.info({ bus: this.#joined.kind }, 'the bus is connected')
    // The others notice what was not sent.
    this.#send({ kind: 'beat' })
    this.#look('connected')
  }

  #disconnected(): void {
    if (!this.#isConnected) return
    this.#isConnected = false
    this.#deps.metrics.connected.set(0)
    this.#deps.log.warn(
      { bus: this.#joined.kind },
      'the bus is disconnected: news from other processes takes up to 5 s',
    )
  }

  #look(reason: LookReason): void {
    this.#deps.metrics.looks.inc({ reason })
    this.#lookedAt = steadyNow(this.#deps.clock)
    this.local.lookAll()
  }

  #drop(reason: DropReason): void {
    this.#deps.metrics.dropped.inc({ reason })
  }

  #flush(): void {
    this.#isPacking = false
    if (this.#pack.isEmpty) return
    const parts = this.#pack.take(this.#joined.link.maxBytes)
    if (parts === undefined) {
      this.#drop('too_large')
      this.#number({ kind: 'look' })
    } else for (const messages of parts) this.#number({ kind: 'news', messages })
  }

  /** A text that could not be sent has a number, so that the others miss it. */
  #number(content: { kind: 'look' } | Pick<Frame & { kind: 'news' }, 'kind' | 'messages'>): void {
    this.#sent++
    if (this.#isConnected) this.#send(content)
    else this.#drop('disconnected')
  }

  #send(
    content: { kind: 'look' | 'beat' | 'bye' } | Pick<Frame & { kind: 'news' }, 'kind' | 'messages'>,
  ): void {
    this.#deps.metrics.texts.inc({ direction: 'out' })
    this.#joined.link.send(writeFrame({ from: this.#self, number: this.#sent, ...content }))
  }

  #received(text: string): void {
    this.#deps.metrics.texts.inc({ direction: 'in' })
    const frame = readFrame(text)
    if (frame === undefined) {
      this.#drop('unreadable')
      this.#look('lost')
    } else if (frame.from === this.#self) this.#returnedAt = steadyNow(this.#deps.clock)
    else this.#hear(frame)
    this.#deps.metrics.peers.set(this.#peers.size)
  }

  #hear(frame: Frame): void {
    const { from, number, kind } = frame
    if (kind === 'bye') return this.#peers.bye(from)
    if (kind === 'beat') {
      if (this.#peers.beat(from, number)) this.#look('lost')
      return
    }
    const news = this.#peers.news(from, number)
    if (news === 'repeated') return this.#drop('repeated')
    if (kind === 'news') this.#deliver(frame)
    if (kind === 'look') this.#look('asked')
    else if (news === 'after a loss') this.#look('lost')
  }

  #deliver({ messages }: Extract<Frame, { kind: 'news' }>): void {
    for (const [topic, message] of messages)
      try {
        this.local.publish(topic, message)
      } catch (error) {
        // A message of another version.
        this.#drop('failed')
        this.#deps.log.error({ err: error }, 'a message of another process could not be used')
      }
  }

  async #beatUntilEnd(): Promise<void> {
    const { clock } = this.#deps
    const { signal } = this.#ending
    for (;;) {
      const before = steadyNow(clock)
      await clock.sleep(BEAT_MS / 2, signal)
      if (signal.aborted) return
      const late = steadyNow(clock) - before - BEAT_MS / 2
      if (late > BEAT_MS / 2) this.#postpone(late)
      else await this.#check(steadyNow(clock))
    }
  }

  /** The process did not run, so what has arrived meanwhile is not read yet. */
  #postpone(ms: number): void {
    this.#peers.postpone(ms)
    this.#returnedAt += ms
  }

  async #check(now: number): Promise<void> {
    const { absence, link } = this.#joined
    if (this.#isConnected && now - this.#returnedAt > SILENT_MS) {
      this.#disconnected()
      link.reconnect()
    }
    if (this.#isConnected && now - this.#beatenAt >= BEAT_MS * 0.9) {
      this.#beatenAt = now
      this.#send({ kind: 'beat' })
    }
    if (this.#peers.findSilent()) this.#look('silent')
    this.#deps.metrics.peers.set(this.#peers.size)
    const isDue = now - this.#lookedAt >= SILENT_MS * 0.9
    if (!this.#isConnected) {
      if (isDue) this.#look('disconnected')
      await absence?.begin()
    } else {
      await absence?.end()
      if (isDue && (await absence?.isAnyAbsent())) this.#look('absent')
    }
  }
}
