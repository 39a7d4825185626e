// The cells of the table of rules: what the rules of one scope do with a room, a person or a word, and the
// requests that change it. Pure.

export type StoredRule = {
  rule_id: string
  default: boolean
  enabled: boolean
  actions: readonly unknown[]
  conditions?: readonly Record<string, unknown>[]
  pattern?: string
  'org.belfry.until'?: number
}
export type RulesOfScope = Readonly<Record<string, readonly StoredRule[] | undefined>>
/** The response of `GET /pushrules/`. */
export type AllRules = { global: RulesOfScope; device?: Readonly<Record<string, RulesOfScope>> }

export type Subject = 'room' | 'sender' | 'content'
/** A row. `id`: a room id, a user id, or the id of the rule for a word. `pattern`: the word. */
export type MatrixRow = { subject: Subject; id: string; pattern?: string }

/**
 * - `inherits`: no rule decides here;
 * - `muted`: nothing of the room notifies; `mentions`: mentions, words and calls still do;
 * - `silent`: a person or a word that does not notify;
 * - `quiet`, `rings`, `highlight`: a notification without a sound, with a sound, and with a highlight too.
 */
export type Effect = 'inherits' | 'muted' | 'mentions' | 'silent' | 'quiet' | 'rings' | 'highlight'

export const EFFECTS: Readonly<Record<Subject, readonly Effect[]>> = {
  room: ['inherits', 'rings', 'quiet', 'mentions', 'muted'],
  sender: ['inherits', 'rings', 'quiet', 'silent'],
  content: ['inherits', 'highlight', 'rings', 'quiet', 'silent'],
}

/** `until`: when the rule ends, in milliseconds since the Unix epoch. */
export type Cell = { effect: Effect; until: number | undefined }

/**
 * The effect of the rules of a scope for a row. A room is muted by an override rule for it alone, as Element
 * writes it.
 */
export function cellOf(rules: RulesOfScope, { subject, id }: MatrixRow): Cell {
  const override = subject === 'room' ? overrideFor(rules, id) : undefined
  if (override !== undefined) return { effect: effectOf('override', override), until: endOf(override) }
  const rule = (rules[subject] ?? []).find((one) => one.rule_id === id && one.enabled)
  if (rule === undefined) return { effect: 'inherits', until: undefined }
  return { effect: effectOf(subject, rule), until: endOf(rule) }
}

const endOf = (rule: StoredRule) => rule['org.belfry.until']

function effectOf(kind: Subject | 'override', { actions }: StoredRule): Effect {
  if (!actions.includes('notify'))
    return kind === 'override' ? 'muted' : kind === 'room' ? 'mentions' : 'silent'
  const tweak = (name: string) =>
    actions.some(
      (action) => typeof action === 'object' && (action as { set_tweak?: unknown }).set_tweak === name,
    )
  return tweak('highlight') ? 'highlight' : tweak('sound') ? 'rings' : 'quiet'
}

const overrideFor = (rules: RulesOfScope, roomId: string) =>
  (rules['override'] ?? []).find((rule) => rule.enabled && isForRoom(rule, roomId))

/** Whether the room is its only condition. */
export function isForRoom({ default: isDefault, conditions = [] }: StoredRule, roomId?: string): boolean {
  const [condition, ...others] = conditions
  if (isDefault || condition === undefined || others.length > 0) return false
  const value = condition['pattern'] ?? condition['value']
  return (
    condition['key'] === 'room_id' && (roomId === undefined ? typeof value === 'string' : value === roomId)
  )
}

const roomOf = ({ conditions = [] }: StoredRule): string =>
  String(conditions[0]?.['pattern'] ?? conditions[0]?.['value'])

/** The rows of one subject that have a rule in any scope. */
export function rowsOf(all: AllRules, subject: Subject): MatrixRow[] {
  const rows = new Map<string, MatrixRow>()
  for (const rules of [all.global, ...Object.values(all.device ?? {})]) {
    for (const rule of rules[subject] ?? [])
      if (!rule.default)
        rows.set(rule.rule_id, {
          subject,
          id: rule.rule_id,
          ...(rule.pattern !== undefined && { pattern: rule.pattern }),
        })
    if (subject !== 'room') continue
    for (const rule of rules['override'] ?? [])
      if (isForRoom(rule)) rows.set(roomOf(rule), { subject, id: roomOf(rule) })
  }
  return [...rows.values()]
}

/** Rules that no row shows: those with other conditions. */
export function otherRules(all: AllRules): { handle: string; kind: string; rule: StoredRule }[] {
  return [['', all.global] as const, ...Object.entries(all.device ?? {})].flatMap(([handle, rules]) =>
    (['override', 'underride'] as const).flatMap((kind) =>
      (rules[kind] ?? [])
        .filter((rule) => !rule.default && !(kind === 'override' && isForRoom(rule)))
        .map((rule) => ({ handle, kind, rule })),
    ),
  )
}

const SOUND = { set_tweak: 'sound', value: 'default' }
const ACTIONS: Readonly<Record<Exclude<Effect, 'inherits'>, readonly unknown[]>> = {
  muted: [],
  mentions: [],
  silent: [],
  quiet: ['notify'],
  rings: ['notify', SOUND],
  highlight: ['notify', { set_tweak: 'highlight' }, SOUND],
}

export type RuleRequest = { method: 'PUT' | 'DELETE'; path: string; body?: Record<string, unknown> }

/**
 * The requests that give a row another effect in a scope. `handle`: empty for the account. The new rule is
 * stored before old ones are removed.
 */
export function requestsFor(
  { rules, handle }: { rules: RulesOfScope; handle: string },
  row: MatrixRow,
  { effect, until }: Cell,
): RuleRequest[] {
  const { subject, id } = row
  const isOverride = effect === 'muted'
  const old = [
    ...(subject === 'room'
      ? (rules['override'] ?? [])
          .filter((rule) => isForRoom(rule, id))
          .map((rule) => ({ kind: 'override', ruleId: rule.rule_id }))
      : []),
    ...(rules[subject] ?? [])
      .filter((rule) => rule.rule_id === id)
      .map(() => ({ kind: subject, ruleId: id })),
  ]
  if (effect === 'inherits') return old.map(({ kind, ruleId }) => remove(handle, kind, ruleId))
  const kind = isOverride ? 'override' : subject
  const body = {
    actions: ACTIONS[effect],
    ...(isOverride && { conditions: [{ kind: 'event_match', key: 'room_id', pattern: id }] }),
    ...(subject === 'content' && { pattern: row.pattern ?? id }),
    ...(until !== undefined && { 'org.belfry.until': until }),
  }
  return [
    { method: 'PUT', path: pathOfRule(handle, kind, id), body },
    ...old
      .filter((rule) => rule.kind !== kind || rule.ruleId !== id)
      .map((rule) => remove(handle, rule.kind, rule.ruleId)),
  ]
}

const remove = (handle: string, kind: string, ruleId: string): RuleRequest => ({
  method: 'DELETE',
  path: pathOfRule(handle, kind, ruleId),
})

/** The path of a rule. `handle`: empty for the account. */
export function pathOfRule(handle: string, kind: string, ruleId: string): string {
  const scope = handle === '' ? 'global' : `device/${encodeURIComponent(handle)}`
  return `/_matrix/client/v3/pushrules/${scope}/${kind}/${encodeURIComponent(ruleId)}`
}
