import type { JsonObject } from '../../lib/json.ts'
import type { NamedRule } from '../../push-rules/index.ts'

// The findings of the doctor. Pure.

/**
 * - `problem`: notifications do not arrive as the user expects;
 * - `warning`: they may not arrive, or something was probably not intended;
 * - `hint`: worth knowing.
 */
export type Severity = 'problem' | 'warning' | 'hint'
export const SEVERITIES = ['problem', 'warning', 'hint'] as const satisfies readonly Severity[]

/** All findings: how severe each is, and what to do. docs/doctor.md shows this list. */
export const FINDINGS = {
  'no pusher': {
    severity: 'problem',
    advice:
      'Log in with an app on the device and allow its notifications, or set a pusher (docs/pushers.md).',
  },
  'notifications are off': {
    severity: 'problem',
    advice: 'Enable notifications: disable the rule .m.rule.master.',
  },
  'no process delivers': {
    severity: 'problem',
    advice:
      'Ask the administrators of the server to start a process with the role delivery. Nothing is lost: all waiting notifications are then sent.',
  },
  'pusher is failing': {
    severity: 'problem',
    advice:
      'The server retries by itself. If the app was removed from the device, delete the pusher; otherwise its push gateway must be repaired.',
  },
  'pusher is retrying': {
    severity: 'warning',
    advice:
      'The server retries by itself. Nothing is lost. If this lasts, its push gateway must be repaired.',
  },
  'pusher was removed': {
    severity: 'problem',
    advice: 'Open the app on the device, so that it sets its pusher again.',
  },
  'pusher is disabled': {
    severity: 'hint',
    advice: 'Enable the pusher to get notifications on this device.',
  },
  'pusher is not confirmed': {
    severity: 'warning',
    advice:
      'Open the app on the device: it must confirm the pusher before the server sends notifications to it.',
  },
  'pushes do not arrive': {
    severity: 'problem',
    advice:
      'Open the app on the device. Check that the device is online, and that its system lets the app receive notifications and run in the background.',
  },
  'handle is shared': {
    severity: 'warning',
    advice:
      'Both devices have the same rules. If that is not intended, give this device a handle of its own.',
  },
  'device rules without a pusher': {
    severity: 'hint',
    advice: 'No device uses these rules. They apply again when the app sets a pusher with this handle.',
  },
  'calls cannot ring': {
    severity: 'problem',
    advice: 'Change the rule that decides about calls, or add a rule for calls.',
  },
  'calls in a room cannot ring': {
    severity: 'hint',
    advice: 'Let the calls of this room ring with a rule for calls, or leave the room muted.',
  },
  'mentions in encrypted rooms are hidden': {
    severity: 'problem',
    advice: 'Send encrypted messages to the device, so that it can decrypt them and evaluate the rules.',
  },
  'rule has an unknown condition': {
    severity: 'warning',
    advice: 'This server does not know the condition, so the rule never matches. Correct or delete the rule.',
  },
  'rule contradicts itself': {
    severity: 'warning',
    advice: 'No event can meet all conditions of the rule. Correct or delete the rule.',
  },
  'rule is shadowed': {
    severity: 'warning',
    advice:
      'The earlier rule decides about all events of this rule. Delete one of them, or change their order.',
  },
  'rule for a room that was left': {
    severity: 'hint',
    advice: 'Delete the rule if you do not intend to return.',
  },
  'room is muted twice': {
    severity: 'warning',
    advice: 'To hear from the room again, both rules must be deleted. Delete one of them now.',
  },
} as const satisfies Record<string, { severity: Severity; advice: string }>

export type FindingCode = keyof typeof FINDINGS
export const FINDING_CODES = Object.keys(FINDINGS) as FindingCode[]

/** What a remedy does, for a client that shows it in its own words. */
export const REMEDY_CODES = [
  'delete rule',
  'enable rule',
  'disable rule',
  'let calls ring',
  'send encrypted messages',
  'enable pusher',
  'delete pusher',
  'send a test',
  'own handle with the rules',
  'own handle without rules',
] as const

/** A request that corrects the finding. The user sends it with their own token. */
export type Remedy = {
  code: (typeof REMEDY_CODES)[number]
  label: string
  method: 'POST' | 'PUT' | 'DELETE'
  path: string
  body: JsonObject | null
  /** The rule that it deletes, enables or disables. */
  rule?: ScopedRule
}

export type ScopedRule = NamedRule & {
  /** undefined: the global scope. */ readonly handle?: string | undefined
}

/** The subject of a finding. */
export type About = {
  rule?: ScopedRule | undefined
  /** The rule that shadows `rule`, or that mutes the same room. */
  otherRule?: ScopedRule | undefined
  roomId?: string | undefined
  /** Several rooms: the first ones. */
  rooms?: { ids: string[]; count: number } | undefined
  pusherId?: number | undefined
  handle?: string | undefined
  /** Milliseconds since the Unix epoch. */
  since?: number | undefined
}

export type Finding = { code: FindingCode; text: string; about: About; remedies: Remedy[] }

/** The rule in words. */
export const ruleText = ({ kind, ruleId, handle }: ScopedRule): string =>
  handle === undefined ? `the ${kind} rule ${ruleId}` : `the ${kind} rule ${ruleId} of the device ${handle}`

const rulePath = ({ kind, ruleId, handle }: ScopedRule): string => {
  const scope = handle === undefined ? 'global' : `device/${encodeURIComponent(handle)}`
  return `/_matrix/client/v3/pushrules/${scope}/${kind}/${encodeURIComponent(ruleId)}`
}

export const deleteRule = (rule: ScopedRule): Remedy => ({
  code: 'delete rule',
  rule,
  label: `Delete ${ruleText(rule)}`,
  method: 'DELETE',
  path: rulePath(rule),
  body: null,
})

export const enableRule = (rule: ScopedRule, enabled: boolean): Remedy => ({
  code: enabled ? 'enable rule' : 'disable rule',
  rule,
  label: `${enabled ? 'Enable' : 'Disable'} ${ruleText(rule)}`,
  method: 'PUT',
  path: `${rulePath(rule)}/enabled`,
  body: { enabled },
})

export const putRule = (
  rule: ScopedRule,
  { code, label, body }: Pick<Remedy, 'code' | 'label' | 'body'>,
): Remedy => ({ code, label, method: 'PUT', path: rulePath(rule), body })
