import { allRules, type RuleAnalysis } from './analyse.ts'
import { cohortIn, DEFAULT_COHORT_ID, type Cohort } from './cohort.ts'
import { evaluate } from './evaluate.ts'
import type { EvaluatedEvent } from './event.ts'
import { eachEventKey, nameKey, type IndexKey } from './index-key.ts'
import { KeyIndex } from './key-index.ts'
import type { DecidingRule, EvaluationContext, RuleOutcome, RuleSettings } from './model.ts'
import { usersWithLevels } from './power-levels.ts'
import { sameJson } from './same-json.ts'
import { cheapestFirst, LIGHT, roomBudget, type StepBudget } from './meter.ts'
import { compiledDefaults, selfKeys } from './shared-defaults.ts'

/** A member of the room, with the rules that `analyseRules` returned for them. */
export type PopulationMember = {
  userId: string
  /** The display name in this room; null or undefined: none. */
  displayName?: string | null | undefined
  rules: RuleAnalysis
}

/** The outcomes of one event for all members. */
export type PopulationOutcome = {
  /** By cohort id, for each cohort with members. `default` is always present. */
  readonly cohorts: ReadonlyMap<string, RuleOutcome>
  /**
   * Members whose outcome differs from that of their cohort. The sender may be among them: the caller must not notify
   * them.
   */
  readonly exceptions: readonly {
    readonly userId: string
    readonly cohort: string
    readonly outcome: RuleOutcome
  }[]
}

/**
 * The members of one room, indexed so that an event is evaluated once for each cohort and once for each member that
 * it may concern individually, never for all members. Members with the default rules may be left out. In that case
 * the caller finds those that an event concerns by other means (`concernedUsers`).
 */
export interface Population {
  /** Adds or replaces a member. Returns the id of their cohort. */
  set(member: PopulationMember): string
  /** The same for a member with the default rules. */
  setDefaultMember(userId: string, displayName?: string | null): void
  delete(userId: string): void
  /** Undefined for a user that was not added. */
  cohortOf(userId: string): string | undefined
  readonly size: number
  /**
   * `context`: the room. The user is filled in here. Default `budget`: `MAX_ROOM_STEPS`. If the budget is used up,
   * some rules of the members with the heaviest rulesets are not evaluated.
   */
  evaluate(
    event: EvaluatedEvent,
    context: Omit<EvaluationContext, 'userId' | 'displayName'>,
  ): PopulationOutcome
}

/** The room, and the settings that select the default rules of its members. */
export type PopulationOptions = { roomId: string; defaults: RuleSettings }

type Member = {
  readonly userId: string
  readonly displayName: string | undefined
  /** Undefined: the default rules. */
  readonly rules: RuleAnalysis | undefined
  readonly cohort: PresentCohort
}

type PresentCohort = Cohort & { members: number }

/** An empty population of one room. `defaults`: the settings that select the default rules. */
export function createPopulation({ roomId, defaults }: PopulationOptions): Population {
  return new RoomPopulation(roomId, defaults)
}

class RoomPopulation implements Population {
  readonly #roomId: string
  readonly #defaults: RuleSettings
  readonly #members = new Map<string, Member>()
  readonly #cohorts = new Map<string, PresentCohort>()
  readonly #defaultCohort: PresentCohort
  #cohortWeight = 0
  /** Members with rules of their own. */
  readonly #index = new KeyIndex<Member>()
  /** Members with the default rules, by name. A separate index, because most events do not need it. */
  readonly #named = new KeyIndex<Member>()
  readonly #alwaysTried = new Set<Member>()
  readonly #askingPermission = new Set<string>()

  constructor(roomId: string, defaults: RuleSettings) {
    this.#roomId = roomId
    this.#defaults = defaults
    this.#defaultCohort = { id: DEFAULT_COHORT_ID, rules: compiledDefaults(defaults), members: 0 }
    this.#cohorts.set(DEFAULT_COHORT_ID, this.#defaultCohort)
  }

  get size(): number {
    return this.#members.size
  }

  set({ userId, displayName, rules }: PopulationMember): string {
    this.delete(userId)
    const cohort = this.#enter(cohortIn(rules, this.#roomId))
    const member = { userId, displayName: displayName ?? undefined, rules, cohort }
    this.#members.set(userId, member)
    const { keys, isAlwaysTried } = waysToFind(rules, member.displayName)
    for (const key of keys) this.#index.add(key, member)
    if (isAlwaysTried) this.#alwaysTried.add(member)
    if (allRules(rules.compiled).some((rule) => rule.asksPermission)) this.#askingPermission.add(userId)
    return cohort.id
  }

  setDefaultMember(userId: string, displayName?: string | null): void {
    this.delete(userId)
    const cohort = this.#defaultCohort
    cohort.members++
    const member = { userId, displayName: displayName ?? undefined, rules: undefined, cohort }
    this.#members.set(userId, member)
    const { keys, isAlwaysTried } = keysOf(member, this.#defaults)
    for (const key of keys) this.#named.add(key, member)
    if (isAlwaysTried) this.#alwaysTried.add(member)
  }

  delete(userId: string): void {
    const member = this.#members.get(userId)
    if (member === undefined) return
    this.#members.delete(userId)
    const { rules, cohort } = member
    const [index, { keys }] =
      rules === undefined
        ? [this.#named, keysOf(member, this.#defaults)]
        : [this.#index, waysToFind(rules, member.displayName)]
    for (const key of keys) index.delete(key, member)
    this.#alwaysTried.delete(member)
    this.#askingPermission.delete(userId)
    cohort.members--
    if (cohort.members > 0 || cohort === this.#defaultCohort) return
    this.#cohorts.delete(cohort.id)
    this.#cohortWeight -= cohort.rules.weight
  }

  cohortOf(userId: string): string | undefined {
    return this.#members.get(userId)?.cohort.id
  }

  evaluate(event: EvaluatedEvent, context: EvaluationContext): PopulationOutcome {
    const budget = context.budget ?? roomBudget()
    // Cohorts use at most half of the budget; the rest is for members that the event may concern individually.
    const forCohorts: StepBudget = { left: budget.left >> 1 }
    const impersonal: EvaluationContext = {
      ...context,
      userId: undefined,
      displayName: undefined,
      budget: forCohorts,
    }
    const cohorts = new Map<string, RuleOutcome>()
    for (const cohort of this.#cohortsInOrder()) {
      cohorts.set(cohort.id, evaluate(cohort.rules, event, impersonal))
    }
    budget.left -= (budget.left >> 1) - forCohorts.left
    if (forCohorts.cut !== undefined) budget.cut = (budget.cut ?? 0) + forCohorts.cut
    const exceptions: PopulationOutcome['exceptions'][number][] = []
    const rulesOf = ({ rules }: Member) => (rules === undefined ? this.#defaultCohort.rules : rules.compiled)
    for (const member of cheapestFirst(this.#concerned(event, context), (one) => rulesOf(one).weight)) {
      const { userId, displayName, cohort } = member
      const before = budget.cut
      const outcome = evaluate(rulesOf(member), event, { ...context, userId, displayName, budget })
      // An evaluation that reached the limit may match no rule. In that case the outcome of the cohort applies.
      if (outcome.rule === null && budget.cut !== before) continue
      if (!sameOutcome(outcome, cohorts.get(cohort.id)))
        exceptions.push({ userId, cohort: cohort.id, outcome })
    }
    return { cohorts, exceptions }
  }

  #cohortsInOrder(): Iterable<PresentCohort> {
    const weightOf = ({ rules }: PresentCohort) => rules.weight
    return this.#cohortWeight <= LIGHT
      ? this.#cohorts.values()
      : cheapestFirst(new Set(this.#cohorts.values()), weightOf)
  }

  #enter(cohort: Cohort): PresentCohort {
    let present = this.#cohorts.get(cohort.id)
    if (present === undefined) {
      present = { ...cohort, members: 0 }
      this.#cohorts.set(cohort.id, present)
      this.#cohortWeight += cohort.rules.weight
    }
    present.members++
    return present
  }

  #concerned(event: EvaluatedEvent, context: EvaluationContext): Set<Member> {
    const concerned = new Set(this.#alwaysTried)
    const added = new Set<ReadonlySet<Member>>()
    const add = (member: Member | undefined): void => {
      if (member !== undefined) concerned.add(member)
    }
    // The default rules search the body for names only when the event has no `m.mentions`.
    const searchesBody = this.#defaults.legacyMentionRules && !event.hasMentions
    const usesNamed = (mark: string): boolean => (searchesBody || mark === 'k') && this.#named.isUsed(mark)
    const isUsed = (mark: string): boolean =>
      NAMES_PEOPLE.has(mark) || this.#index.isUsed(mark) || usesNamed(mark)
    eachEventKey(event, isUsed, (mark, key) => {
      this.#index.collect(key, concerned, added)
      if (usesNamed(mark)) this.#named.collect(key, concerned, added)
      if (NAMES_PEOPLE.has(mark)) add(this.#members.get(key.slice(1)))
    })
    for (const userId of this.#defaults.experimental?.knocks === true ? usersWithLevels(context) : []) {
      const member = this.#members.get(userId)
      if (member?.rules === undefined || this.#askingPermission.has(userId)) add(member)
    }
    for (const userId of context.subscribers ?? []) add(this.#members.get(userId))
    return concerned
  }
}

/** Keys whose value may be the user id of a member. */
const NAMES_PEOPLE: ReadonlySet<string> = new Set(['m', 'k'])

/** The keys of events that may concern a member individually. `isAlwaysTried`: the keys cannot decide this. */
type WaysToFind = { keys: IndexKey[]; isAlwaysTried: boolean }

/** For a member with the default rules: the keys other than the user id itself. */
function keysOf({ userId, displayName }: Member, settings: RuleSettings): WaysToFind {
  const keys = selfKeys(userId, settings)
  const name = settings.legacyMentionRules ? nameKey(displayName ?? '') : undefined
  return {
    keys: [...keys, name].filter((key) => key !== undefined),
    isAlwaysTried: keys.includes(undefined),
  }
}

function waysToFind(
  { userId, settings, compiled }: RuleAnalysis,
  displayName: string | undefined,
): WaysToFind {
  const reaches = allRules(compiled).map(({ reach }) => reach?.by)
  const self = reaches.includes('self') ? selfKeys(userId, settings) : []
  const name = reaches.includes('name') ? nameKey(displayName ?? '') : undefined
  const keys = allRules(compiled).map(({ reach }) => (reach?.by === 'key' ? reach.key : undefined))
  return {
    keys: [...new Set([...keys, ...self, name].filter((key) => key !== undefined))],
    isAlwaysTried: reaches.includes('owner') || self.includes(undefined),
  }
}

/** Whether both outcomes tell the same: the same rule, with the same end and schedule, and the same actions. */
function sameOutcome(one: RuleOutcome, other: RuleOutcome | undefined): boolean {
  if (one === other || other === undefined) return one === other
  return sameRule(one.rule, other.rule) && sameJson(one.actions, other.actions)
}

/** A malformed ruleset can have an id twice, so the id alone does not name the rule. */
function sameRule(one: DecidingRule | null, other: DecidingRule | null): boolean {
  if (one === null || other === null) return one === other
  return (
    one.kind === other.kind &&
    one.ruleId === other.ruleId &&
    one.until === other.until &&
    one.schedule === other.schedule
  )
}
