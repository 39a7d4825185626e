import type { UserId } from '../lib/ids.ts'
import { outcomeForDevice } from '../delivery/device-rules.ts'
import type { HandleOfUser } from '../delivery/outbox-store.ts'
import {
  cheapestFirst,
  NO_MATCH,
  type RuleOutcome,
  roomBudget,
  type StepBudget,
  wakesDevice,
} from '../push-rules/index.ts'
import { contextOf, outcomeOfCohort } from './decide.ts'
import type { NotificationDeps } from './deps.ts'
import { cohortOf, type KnownRules } from './member-rules.ts'
import type { DecidedEvent, PersonalOutcomes } from './personal.ts'
import { guarded } from './rule-fault.ts'

/**
 * The devices that device rules wake for an event that does not notify their user. These pokes change no
 * unread count. The cost grows with the members who have such rules. A device rule that only silences is
 * evaluated later, before the poke.
 */
export function devicesToWake(
  deps: NotificationDeps,
  known: DecidedEvent,
  personal: PersonalOutcomes,
): HandleOfUser[] {
  const { event, rules } = known
  const { exceptions, invited, ignoring } = personal
  if (rules === undefined && invited?.known === undefined) return []
  const own = new Map(exceptions.map(({ userId, outcome }) => [userId, outcome]))
  // A budget apart from that of the global rules, so that costly global rules do not use up the budget of device rules.
  const budget = roomBudget()
  const holders: HandleOfUser[] = []
  const addHandlesOf = (owner: Owner, counted: RuleOutcome): void => {
    if (owner.userId === event.sender || ignoring.has(owner.userId)) return
    const handles = guarded(deps, event, () =>
      handlesToWake({ known, budget }, owner, own.get(owner.userId) ?? counted),
    )
    holders.push(...(handles ?? []).map((handle) => ({ userId: owner.userId, handle })))
  }
  const owners = [...(rules?.members ?? [])].filter(([, owner]) => owner.known.waking !== undefined)
  for (const [userId, owner] of cheapestFirst(
    new Set(owners),
    ([
      ,
      {
        known: { waking },
      },
    ]) => waking?.weight ?? 0,
  ))
    addHandlesOf({ userId, ...owner }, outcomeOfCohort(known.decision, cohortOf(rules, userId)))
  if (invited?.known) addHandlesOf({ ...invited, known: invited.known, displayName: null }, NO_MATCH)
  return holders
}

type Owner = { userId: UserId; displayName: string | null; known: KnownRules }

function handlesToWake(
  { known: { decision }, budget }: { known: DecidedEvent; budget: StepBudget },
  owner: Owner,
  counted: RuleOutcome,
): string[] {
  const { waking } = owner.known
  if (waking === undefined || wakesDevice(counted)) return []
  const request = { event: decision.evaluated, context: { ...contextOf(decision, owner), budget } }
  return waking.handles.filter((handle) =>
    wakesDevice(outcomeForDevice(waking.rules, { handle, counted }, request).outcome),
  )
}
