import {
  type GuardedAgent,
  type GuardedAgentOptions,
  makeGuardedAgent,
} from '../lib/outbound/guarded-agent.ts'
import type { IpPolicy } from '../lib/outbound/ip-policy.ts'
import { addressRule } from './gateway-url.ts'

export type PokeAgentOptions = Omit<GuardedAgentOptions, 'ruleFor'> & { policy: IpPolicy }

/** The HTTP agent for push gateways. It dials the addresses that `checkGatewayUrl` accepts. */
export function makePokeAgent({ policy, ...options }: PokeAgentOptions): GuardedAgent {
  return makeGuardedAgent({ ...options, ruleFor: (url) => addressRule(url, policy) })
}
