import type { PokeAgentOptions } from './poke-agent.ts'
import type { PokeSender, PokeSenderDeps } from './send-poke.ts'

export type LazySender = AsyncDisposable & {
  send: PokeSender
  /** Loads the HTTP client now. Rejects when the certificates that it is given cannot be read. */
  load(): Promise<void>
}

/** A sender whose HTTP client is loaded with the first poke: a server that starts need not wait for it. */
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
  const sender = () => (made ??= make())
  return {
    send: async (url, poke, ...rest) => (await sender()).send(url, poke, ...rest),
    load: async () => void (await sender()),
    async [Symbol.asyncDispose]() {
      await (await made)?.agent[Symbol.asyncDispose]()
    },
  }
}
