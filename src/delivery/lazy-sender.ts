import type { PokeAgentOptions } from './poke-agent.ts'
import type { PokeSender, PokeSenderDeps } from './send-poke.ts'

export type LazySender = AsyncDisposable & {
  send: PokeSender
  /** Loads the HTTP client now. Rejects if the configured certificates cannot be read. */
  load(): Promise<void>
}

/**
 * A sender that loads its HTTP client with the first poke, so that the client does not slow the start of the
 * server.
 */
export function makeLazySender(options: PokeAgentOptions & Omit<PokeSenderDeps, 'agent'>): LazySender {
  const make = async () => {
    const [{ makePokeAgent }, { makePokeSender }] = await Promise.all([
      import('./poke-agent.ts'),
      import('./send-poke.ts'),
    ])
    const agent = makePokeAgent(options)
    return { agent, send: makePokeSender({ ...options, agent }) }
  }
  let made: ReturnType<typeof make> | undefined
  let send: PokeSender | undefined
  const sender = () =>
    (made ??= make().then((all) => {
      send = all.send
      return all
    }))
  return {
    send: (url, poke, more) =>
      send?.(url, poke, more) ?? sender().then((loaded) => loaded.send(url, poke, more)),
    load: async () => void (await sender()),
    async [Symbol.asyncDispose]() {
      await (await made)?.agent[Symbol.asyncDispose]()
    },
  }
}
