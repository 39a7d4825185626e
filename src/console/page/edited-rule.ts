// A push rule in the editor, and its form in the API (client-server API, "Push Rules: API").

export const RULE_SUBJECTS = ['word', 'room', 'sender', 'conditions'] as const

export const RULE_EFFECTS = ['ring', 'highlight', 'quiet', 'mute'] as const

export type EditedRule = {
  /** Decides the kind of the rule. */
  subject: (typeof RULE_SUBJECTS)[number]
  /** A word, a room id, a user id, or conditions as JSON. */
  value: string
  effect: (typeof RULE_EFFECTS)[number]
  /** Empty: for all devices. */
  handle: string
}

export function draftOf(room: string): EditedRule {
  return {
    subject: room === '' ? 'word' : 'room',
    value: room === '' ? 'lunch' : room,
    effect: 'ring',
    handle: '',
  }
}

const KINDS = { word: 'content', room: 'room', sender: 'sender', conditions: 'override' } as const
const ACTIONS = {
  ring: ['notify', { set_tweak: 'sound', value: 'default' }],
  highlight: ['notify', { set_tweak: 'highlight' }, { set_tweak: 'sound', value: 'default' }],
  quiet: ['notify'],
  mute: [],
} as const

/** The body of its `PUT`. @throws SyntaxError if the conditions are no JSON */
export function ruleOf({ subject, value, effect }: EditedRule): Record<string, unknown> {
  return {
    actions: ACTIONS[effect],
    ...(subject === 'word' && { pattern: value }),
    ...(subject === 'conditions' && { conditions: JSON.parse(value) as unknown }),
  }
}

/** The id of a rule for a room or a sender is the id of the room or sender. */
const idOf = ({ subject, value }: EditedRule) =>
  subject === 'room' || subject === 'sender'
    ? value
    : subject === 'word'
      ? `word-${value.replaceAll(/[^\w-]+/g, '-')}`
      : 'console-rule'

/** In the shape of `GET /pushrules/`, for a dry run. */
export function rulesetOf(draft: EditedRule): Record<string, unknown> {
  const rules = { [KINDS[draft.subject]]: [{ rule_id: idOf(draft), ...ruleOf(draft) }] }
  return draft.handle === '' ? { global: rules } : { device: { [draft.handle]: rules } }
}

/** The path of its `PUT`. */
export function rulePath(draft: EditedRule): string {
  const scope = draft.handle === '' ? 'global' : `device/${encodeURIComponent(draft.handle)}`
  return `/_matrix/client/v3/pushrules/${scope}/${KINDS[draft.subject]}/${encodeURIComponent(idOf(draft))}`
}
