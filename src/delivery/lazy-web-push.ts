import type { Vapid } from '../gateway/webpush/token.ts'
import type { Clock } from '../lib/clock.ts'
import type { LoadWords } from '../language/load-words.ts'
import type { Events } from '../lib/events.ts'
import type { GuardedAgentOptions } from '../lib/outbound/guarded-agent.ts'
import type { IpPolicy } from '../lib/outbound/ip-policy.ts'
import { watchWebPush, type WebPushWatch } from './web-push-health.ts'
import type { WebPushSender } from './web-push.ts'

export type LazyWebPushOptions = Omit<GuardedAgentOptions, 'ruleFor'> & {
  policy: IpPolicy
  clock: Clock
  wordsOf: LoadWords
  vapid: Vapid
  events: Pick<Events, 'vapidRefused'>
}

export type LazyWebPush = WebPushSender & AsyncDisposable & Pick<WebPushWatch, 'health'>

/**
 * A sender to push services that loads its HTTP client with the first push, so that the client does not slow
 * the start of the server.
 */
export function makeLazyWebPush(options: LazyWebPushOptions): LazyWebPush {
  const { onResponse, health } = watchWebPush(options)
  const make = async () => {
    const [{ makeEndpointAgent }, { makeEncryptor }, { makeWebPushSender }] = await Promise.all([
      import('../gateway/endpoint.ts'),
      import('../gateway/webpush/encryptor.ts'),
      import('./web-push.ts'),
    ])
    const agent = makeEndpointAgent(options)
    const encryptor = makeEncryptor(options)
    const sender = makeWebPushSender({ ...options, agent, encrypt: encryptor.encrypt, onResponse })
    return { agent, encryptor, ...sender }
  }
  let made: ReturnType<typeof make> | undefined
  const sender = () => (made ??= make())
  return {
    health,
    send: async (...args) => (await sender()).send(...args),
    activate: async (...args) => (await sender()).activate(...args),
    async [Symbol.asyncDispose]() {
      const parts = await made
      await parts?.agent[Symbol.asyncDispose]()
      await parts?.encryptor[Symbol.asyncDispose]()
    },
  }
}
