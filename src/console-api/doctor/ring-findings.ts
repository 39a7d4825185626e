import { deviceRules, type DeviceRules, MASTER, outcomeForDevice } from '../../delivery/device-rules.ts'
import type { JsonObject } from '../../lib/json.ts'
import {
  evaluate,
  MAX_STEPS,
  prepareEvent,
  type RuleOutcome,
  type StepBudget,
  wakesDevice,
} from '../../push-rules/index.ts'
import type { QueuedPusher } from '../../pushers/status-store.ts'
import type { DoctorFacts, DoctorRoom } from './facts.ts'
import { enableRule, type Finding, putRule, type Remedy, ruleText, type ScopedRule } from './finding.ts'

// What the rules of a user do to calls and to mentions in encrypted rooms, found by evaluating such events. Pure.

/** The step limit of all evaluations. Rooms beyond it are not examined. */
const STEPS = 20 * MAX_STEPS

/** Rooms that a finding names. */
const MAX_ROOMS_NAMED = 20

const CALL_RULE = { kind: 'underride', ruleId: '.m.rule.call' } as const
const ENCRYPTED_RULE = { kind: 'override', ruleId: '.org.matrix.msc4028.encrypted_event' } as const
const isCall = { kind: 'event_match', key: 'type', pattern: 'm.call.invite' }
const isEncrypted = { kind: 'event_match', key: 'type', pattern: 'm.room.encrypted' }
const RING = ['notify', { set_tweak: 'sound', value: 'ring' }]

/** Findings about events that do not ring although the user probably expects it. */
export function ringFindings(facts: DoctorFacts): Finding[] {
  const { rules, settings, pushers } = facts
  if (rules.global.override.some((rule) => rule.rule_id === MASTER && rule.enabled))
    return [
      {
        code: 'notifications are off',
        text: 'All notifications are switched off: the rule .m.rule.master is enabled.',
        about: { rule: { kind: 'override', ruleId: MASTER } },
        remedies: [enableRule({ kind: 'override', ruleId: MASTER }, false)],
      },
    ]
  const examined: Examined = { facts, compiled: deviceRules(rules, settings), budget: { left: STEPS } }
  return pushers
    .filter((pusher) => pusher.enabled === 1 && pusher.kind !== 'email')
    .flatMap((pusher) => [...callFindings(examined, pusher), ...mentionFindings(examined, pusher)])
}

type Examined = { facts: DoctorFacts; compiled: DeviceRules; budget: StepBudget }

/** An event of another user, in a room. */
type Sample = { type: string; content: JsonObject; room: Pick<DoctorRoom, 'roomId' | 'joinedCount'> }

type Judged = { outcome: RuleOutcome; rule: ScopedRule | undefined }

function judge(
  { facts, compiled, budget }: Examined,
  pusher: QueuedPusher,
  { room, ...sample }: Sample,
): Judged {
  const event = prepareEvent({ ...sample, sender: SENDER, room_id: room.roomId, event_id: '$doctor' })
  // Without a time: rules that mute for a while, or at night, are no fault.
  const context = { memberCount: room.joinedCount, userId: facts.userId, budget }
  const counted = evaluate(compiled.everywhere(), event, context)
  const { handle } = pusher
  const { outcome, scope } =
    handle === null
      ? { outcome: counted, scope: 'global' as const }
      : outcomeForDevice(compiled, { handle, counted }, { event, context })
  const rule = outcome.rule && {
    ...outcome.rule,
    ...(scope === 'device' && handle !== null && { handle }),
  }
  return { outcome, rule: rule ?? undefined }
}

/** No rule of a user can be for this sender or this room. */
const SENDER = '@:doctor.invalid'
const DIRECT = { roomId: '!:doctor.invalid' as DoctorRoom['roomId'], joinedCount: 2 }

const callIn = (room: Sample['room']): Sample => ({
  type: 'm.call.invite',
  content: { call_id: 'doctor', version: '1', lifetime: 60_000 },
  room,
})

const rings = ({ outcome }: Judged) => wakesDevice(outcome) && typeof outcome.tweaks['sound'] === 'string'

function callFindings(examined: Examined, pusher: QueuedPusher): Finding[] {
  const name = pusher.device_display_name
  const call = judge(examined, pusher, callIn(DIRECT))
  const about = { pusherId: pusher.pusher_id, rule: call.rule ?? CALL_RULE }
  if (!rings(call)) {
    const isDisabled = call.rule === undefined
    const why = call.rule === undefined ? 'no rule for calls is enabled' : `of ${ruleText(call.rule)}`
    const how = wakesDevice(call.outcome) ? 'arrive without a sound' : 'cannot ring'
    return [
      {
        code: 'calls cannot ring',
        text: `Calls ${how} on ${name}, because ${why}.`,
        about,
        remedies: [...(isDisabled ? [enableRule(CALL_RULE, true)] : []), letCallsRing(pusher)],
      },
    ]
  }
  return examined.facts.rooms
    .filter(({ joinedCount }) => joinedCount === 2)
    .flatMap((room) => {
      const here = judge(examined, pusher, callIn(room))
      if (isCut(examined) || rings(here) || here.rule === undefined) return []
      return {
        code: 'calls in a room cannot ring' as const,
        text: `Calls in ${room.name ?? room.roomId} cannot ring on ${name}, because of ${ruleText(here.rule)}.`,
        about: { pusherId: pusher.pusher_id, rule: here.rule, roomId: room.roomId },
        remedies: [letCallsRing(pusher, room)],
      }
    })
}

/** Beyond the limit the rules that users wrote do not match any more, so the results are not true. */
const isCut = ({ budget }: Examined) => (budget.cut ?? 0) > 0

/** New rules come first in their kind. */
function letCallsRing(pusher: QueuedPusher, room?: DoctorRoom): Remedy {
  const inRoom = room && { kind: 'event_match', key: 'room_id', pattern: room.roomId }
  const rule = ownRule(pusher, room === undefined ? 'org.belfry.calls' : `org.belfry.calls.${room.roomId}`)
  const place = room === undefined ? '' : ` of ${room.name ?? room.roomId}`
  return putRule(rule, {
    code: 'let calls ring',
    label: `Let calls${place} ring on ${pusher.device_display_name}`,
    body: { conditions: [isCall, ...(inRoom ? [inRoom] : [])], actions: RING },
  })
}

/** A device rule, where the device has a handle. */
const ownRule = ({ handle }: QueuedPusher, ruleId: string): ScopedRule => ({
  kind: 'override',
  ruleId,
  ...(handle !== null && { handle }),
})

/**
 * Encrypted rooms in which a mention would notify if it was not encrypted, and the device is not woken to
 * look for one.
 */
function mentionFindings(examined: Examined, pusher: QueuedPusher): Finding[] {
  const { facts } = examined
  const hidden = facts.rooms.filter((room) => {
    if (!room.isEncrypted || isCut(examined)) return false
    const mention = { msgtype: 'm.text', body: 'hello', 'm.mentions': { user_ids: [facts.userId] } }
    const plain = judge(examined, pusher, { type: 'm.room.message', content: mention, room })
    const encrypted = judge(examined, pusher, { type: 'm.room.encrypted', content: {}, room })
    return wakesDevice(plain.outcome) && !wakesDevice(encrypted.outcome) && !isCut(examined)
  })
  if (hidden.length === 0) return []
  const name = pusher.device_display_name
  const isOff = facts.rules.global.override.some(
    (rule) => rule.rule_id === ENCRYPTED_RULE.ruleId && !rule.enabled,
  )
  const rooms = hidden.length === 1 ? 'an encrypted room' : `${hidden.length} encrypted rooms`
  return [
    {
      code: 'mentions in encrypted rooms are hidden',
      text: `The server cannot see mentions in ${rooms}, and the rules do not send encrypted messages to ${name}, which could.`,
      about: {
        pusherId: pusher.pusher_id,
        ...(isOff && { rule: ENCRYPTED_RULE }),
        rooms: { ids: hidden.slice(0, MAX_ROOMS_NAMED).map(({ roomId }) => roomId), count: hidden.length },
      },
      remedies: [
        ...(isOff ? [enableRule(ENCRYPTED_RULE, true)] : []),
        ...(pusher.handle === null
          ? []
          : [
              putRule(ownRule(pusher, 'org.belfry.encrypted'), {
                code: 'send encrypted messages',
                label: `Send all encrypted messages to ${name}`,
                body: { conditions: [isEncrypted], actions: ['notify'] },
              }),
            ]),
      ],
    },
  ]
}
