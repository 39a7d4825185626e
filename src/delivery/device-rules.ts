import { BoundedMap } from '../lib/bounded-map.ts'
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
  type Ruleset,
} from '../push-rules/index.ts'

// What a user's rules make of an event on one device. The outcome that counts was stored with the event; a device that has
// rules of its own, or that a global rule names (`profile_tag`), may take another for its poke.

/** All rules of a user. `device`: by handle, only handles that have rules. */
export type UserRules = { readonly global: Ruleset; readonly device: ReadonlyMap<string, Ruleset> }

/** The part of a user's rules that single devices go by, made ready. */
export type DeviceRules = {
  readonly byHandle: ReadonlyMap<string, CompiledRules>
  /** The global rules, if some of them ask for the device. */
  readonly global: CompiledRules | undefined
  /** Those of them, as `kind/id`. */
  readonly asking: ReadonlySet<string>
  /** `.m.rule.master` is on: it stands above the rules of every scope. */
  readonly isSilenced: boolean
}

export type DeviceOutcome = {
  readonly outcome: RuleOutcome
  /** Whose rules the deciding rule is one of. */
  readonly scope: 'device' | 'global'
}

export const MASTER = '.m.rule.master'

export function deviceRules({ global, device }: UserRules, options: CompileOptions = {}): DeviceRules {
  const asking = new Set(
    [
      ...global.override.map((rule) => ({ kind: 'override', rule })),
      ...global.underride.map((rule) => ({ kind: 'underride', rule })),
    ]
      .filter(({ rule }) => rule.enabled && rule.conditions?.some(isAboutDevice))
      .map(({ kind, rule }) => `${kind}/${rule.rule_id}`),
  )
  return {
    byHandle: new Map([...device].map(([handle, rules]) => [handle, compileRules(rules, options)])),
    global: asking.size === 0 ? undefined : compileRules(global, options),
    asking,
    isSilenced: global.override.some((rule) => rule.rule_id === MASTER && rule.enabled),
  }
}

/** Whether devices may take another outcome than the one that counts. */
export const bearsOn = (rules: DeviceRules, handle: string): boolean =>
  !rules.isSilenced && (rules.global !== undefined || rules.byHandle.has(handle))

export type AskedEvent = { event: EvaluatedEvent; context: EvaluationContext }

/**
 * The outcome for the pushers that hold a handle. `counted`: the one that was stored with the event. Pure.
 * `context`: with `userId` and `displayName` of the user whose rules these are.
 */
export function outcomeForDevice(
  rules: DeviceRules,
  device: { handle: string; counted: RuleOutcome },
  { event, context }: AskedEvent,
): DeviceOutcome {
  if (!bearsOn(rules, device.handle)) return { outcome: device.counted, scope: 'global' }
  const here = { ...context, profileTag: device.handle }
  const global = globalOutcome(rules, device.counted, { event, context: here })
  const own = rules.byHandle.get(device.handle)
  const outcome = own === undefined ? global : evaluateForDevice({ rules: own, global }, event, here)
  return { outcome, scope: outcome === global ? 'global' : 'device' }
}

/** What was decided when the event came stands, unless a rule that asks for the device decides for this one. */
function globalOutcome(
  rules: DeviceRules,
  counted: RuleOutcome,
  { event, context }: AskedEvent,
): RuleOutcome {
  if (rules.global === undefined) return counted
  const now = evaluate(rules.global, event, context)
  return now.rule !== null && rules.asking.has(`${now.rule.kind}/${now.rule.ruleId}`) ? now : counted
}

/** Stored conditions may be anything. */
export const isAboutDevice = (condition: unknown): boolean =>
  typeof condition === 'object' &&
  condition !== null &&
  (condition as { kind?: unknown }).kind === 'profile_tag'

/** Users with rules whose compiled form is kept at hand. */
const KEPT = 1000

/** Loads and compiles a user's rules once for each version of them. `load` reads what is committed. */
export function createDeviceRules(load: (userId: UserId) => Promise<UserRules>, options: CompileOptions) {
  const kept = new BoundedMap<UserId, { version: number; rules: Promise<DeviceRules> }>({ limit: KEPT })
  return (userId: UserId, version: number): Promise<DeviceRules> => {
    const found = kept.get(userId)
    // Rules that are newer than the version asked for are kept under it until that changes, and do no harm.
    if (found?.version === version) return found.rules
    const entry = { version, rules: load(userId).then((rules) => deviceRules(rules, options)) }
    kept.set(userId, entry)
    entry.rules.catch(() => kept.peek(userId) === entry && kept.delete(userId))
    return entry.rules
  }
}
