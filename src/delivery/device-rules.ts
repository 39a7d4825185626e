import { BoundedMap } from '../lib/bounded-map.ts'
import { once } from '../lib/once.ts'
import type { UserId } from '../lib/ids.ts'
import {
  type CompileOptions,
  type CompiledRules,
  compileRules,
  type EvaluatedEvent,
  type EvaluationContext,
  evaluate,
  evaluateForDevice,
  type RuleOutcome,
  wakesOnly,
} from '../push-rules/index.ts'
import type { UserRules } from '../user-rules/read-rules.ts'

// The outcome of a user's rules for one event on one device. The stored outcome counts. A device with its own
// rules, or a device that a global rule names with `profile_tag`, can have a different outcome for its poke.

/** All rules of a user, without their version. */
export type RulesOfUser = Pick<UserRules, 'global' | 'device'> & Partial<Pick<UserRules, 'owner'>>

/** The compiled rules of a user that can decide for single devices. */
export type DeviceRules = {
  readonly byHandle: ReadonlyMap<string, CompiledRules>
  /** The global rules, if any has a `profile_tag` condition. */
  readonly global: CompiledRules | undefined
  /** All global rules. */
  readonly everywhere: () => CompiledRules
  /** The global rules with a `profile_tag` condition, as `kind/id`. */
  readonly asking: ReadonlySet<string>
  /** `.m.rule.master` is enabled. It has priority over the rules of every scope. */
  readonly isSilenced: boolean
}

export type DeviceOutcome = {
  readonly outcome: RuleOutcome
  /** The scope of the deciding rule. */
  readonly scope: 'device' | 'global'
}

export const MASTER = '.m.rule.master'

export function deviceRules(
  { global, device, owner }: RulesOfUser,
  { experimental }: CompileOptions = {},
): DeviceRules {
  const options = { ...owner, experimental }
  const asking = new Set(
    [
      ...global.override.map((rule) => ({ kind: 'override', rule })),
      ...global.underride.map((rule) => ({ kind: 'underride', rule })),
    ]
      .filter(({ rule }) => rule.enabled && rule.conditions?.some(isAboutDevice))
      .map(({ kind, rule }) => `${kind}/${rule.rule_id}`),
  )
  const everywhere = once(() => compileRules(global, options))
  return {
    byHandle: new Map([...device].map(([handle, rules]) => [handle, compileRules(rules, options)])),
    global: asking.size === 0 ? undefined : everywhere(),
    everywhere,
    asking,
    isSilenced: global.override.some((rule) => rule.rule_id === MASTER && rule.enabled),
  }
}

/** Whether the outcome for a device can differ from the outcome that counts. */
export const canDiffer = (rules: DeviceRules, handle: string): boolean =>
  !rules.isSilenced && (rules.global !== undefined || rules.byHandle.has(handle))

export type AskedEvent = { event: EvaluatedEvent; context: EvaluationContext }

/**
 * The outcome for the pushers with a handle. `counted`: the outcome that was stored with the event. Pure.
 * `context`: with `userId` and `displayName` of the owner of the rules.
 */
export function outcomeForDevice(
  rules: DeviceRules,
  device: { handle: string; counted: RuleOutcome },
  { event, context }: AskedEvent,
): DeviceOutcome {
  if (!canDiffer(rules, device.handle)) return { outcome: device.counted, scope: 'global' }
  const here = { ...context, profileTag: device.handle }
  const global = globalOutcome(rules, device.counted, { event, context: here })
  const own = rules.byHandle.get(device.handle)
  const outcome = own === undefined ? global : evaluateForDevice({ rules: own, global }, event, here)
  return { outcome, scope: outcome === global ? 'global' : 'device' }
}

/**
 * The outcome of an event that only wakes the user's devices (`wakesOnly`). No outcome is stored with such an
 * event, so the present rules decide, as for device rules. Undefined for any other event. `context`: as in
 * `outcomeForDevice`.
 */
export function wakingOutcome(rules: DeviceRules, { event, context }: AskedEvent): RuleOutcome | undefined {
  const outcome = evaluate(rules.everywhere(), event, context)
  return wakesOnly(outcome) ? outcome : undefined
}

/** The stored outcome, unless a rule with a `profile_tag` condition decides for this device. */
function globalOutcome(
  rules: DeviceRules,
  counted: RuleOutcome,
  { event, context }: AskedEvent,
): RuleOutcome {
  if (rules.global === undefined) return counted
  const now = evaluate(rules.global, event, context)
  return now.rule !== null && rules.asking.has(`${now.rule.kind}/${now.rule.ruleId}`) ? now : counted
}

/** Stored conditions are not validated. */
export const isAboutDevice = (condition: unknown): boolean =>
  typeof condition === 'object' &&
  condition !== null &&
  (condition as { kind?: unknown }).kind === 'profile_tag'

/** The most users whose compiled rules are cached. */
const KEPT = 1000

/** Loads and compiles the rules of a user once for each version. `load` reads committed data. */
export function createDeviceRules(load: (userId: UserId) => Promise<RulesOfUser>, options: CompileOptions) {
  const kept = new BoundedMap<UserId, { version: number; rules: Promise<DeviceRules> }>({ limit: KEPT })
  return (userId: UserId, version: number): Promise<DeviceRules> => {
    const found = kept.get(userId)
    // Rules that are newer than the requested version are cached under that version until the version
    // changes. This is harmless.
    if (found?.version === version) return found.rules
    const entry = { version, rules: load(userId).then((rules) => deviceRules(rules, options)) }
    kept.set(userId, entry)
    entry.rules.catch(() => kept.peek(userId) === entry && kept.delete(userId))
    return entry.rules
  }
}
