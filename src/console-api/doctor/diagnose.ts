import type { UserId } from '../../lib/ids.ts'
import type { JsonObject } from '../../lib/json.ts'
import { shortHash } from '../../lib/short-hash.ts'
import type { DoctorFacts } from './facts.ts'
import { type Finding, FINDINGS, type Remedy, type ScopedRule, SEVERITIES } from './finding.ts'
import { pusherFindings } from './pusher-findings.ts'
import { ringFindings } from './ring-findings.ts'
import { ruleFindings } from './rule-findings.ts'

/** Each shows the remedies of one kind of mistake; a user with thousands of broken rules gets the first ones. */
export const MAX_FINDINGS = 200

/**
 * All findings about the notifications of a user, the most severe first. Pure. Remedies contain pushkeys, so
 * only the owner gets those of pushers.
 */
export function diagnose(facts: DoctorFacts, viewer: UserId): JsonObject {
  const all = [...pusherFindings(facts), ...ringFindings(facts), ...ruleFindings(facts)]
  const rank = ({ code }: Finding) => SEVERITIES.indexOf(FINDINGS[code].severity)
  const sorted = all.toSorted((a, b) => rank(a) - rank(b))
  return {
    user_id: facts.userId,
    checked: { pushers: facts.pushers.length, rooms: facts.rooms.length, rules: ruleCount(facts) },
    total: all.length,
    findings: sorted.slice(0, MAX_FINDINGS).map((finding) => shown(finding, facts, viewer)),
  }
}

function ruleCount({ rules }: DoctorFacts): number {
  const sets = [rules.global, ...rules.device.values()]
  return sets.flatMap((set) => Object.values(set)).reduce((sum, list) => sum + list.length, 0)
}

function shown({ code, text, about, remedies }: Finding, facts: DoctorFacts, viewer: UserId): JsonObject {
  const { severity, advice } = FINDINGS[code]
  const pusher = facts.pushers.find((one) => one.pusher_id === about.pusherId)
  const room = facts.rooms.find((one) => one.roomId === about.roomId)
  return {
    code,
    severity,
    text,
    advice,
    rule: ruleShown(about.rule),
    other_rule: ruleShown(about.otherRule),
    room: about.roomId === undefined ? null : { room_id: about.roomId, name: room?.name ?? null },
    rooms: about.rooms ? { room_ids: about.rooms.ids, total: about.rooms.count } : null,
    pusher: pusher
      ? {
          app_id: pusher.app_id,
          pushkey_hash: shortHash(pusher.pushkey),
          app_display_name: pusher.app_display_name,
          device_display_name: pusher.device_display_name,
          device_id: pusher.device_id,
          instance_handle: pusher.handle,
        }
      : null,
    instance_handle: about.handle ?? null,
    since: about.since ?? null,
    remedies: viewer === facts.userId ? remedies.map(remedyShown) : [],
  }
}

const remedyShown = ({ rule, ...remedy }: Remedy): JsonObject => ({ ...remedy, rule: ruleShown(rule) })

const ruleShown = (rule: ScopedRule | undefined): JsonObject | null =>
  rule === undefined
    ? null
    : {
        scope: rule.handle === undefined ? 'global' : 'device',
        ...(rule.handle !== undefined && { instance_handle: rule.handle }),
        kind: rule.kind,
        rule_id: rule.ruleId,
      }
