/** The printed part of the response of `GET /_belfry/v1/explain`. */
export type ExplainResponse = {
  user_id: string
  event_id: string
  type: string
  sender: string
  notify: boolean
  highlight: boolean
  actions: readonly unknown[]
  decided_by: Decider | null
  reason: string | null
  rules: Rule[]
  recorded: { notify: boolean; highlight: boolean; decided_by: Decider | null }
  rules_changed_since: boolean
  read: boolean
  pushers: Pusher[]
}

type Decider = RuleTimes & { scope: string; instance_handle?: string; kind: string; rule_id: string }
/** The end of a rule (milliseconds since the Unix epoch), and its schedules as a text. */
export type RuleTimes = { until?: number; schedule?: string }

type Condition = {
  condition: { kind?: string; key?: string }
  holds: boolean
  expected: unknown
  actual: unknown
  hidden?: boolean
}
type Rule = Decider & { enabled: boolean; verdict: string; conditions: Condition[] }
type Pusher = {
  app_id: string
  device_display_name: string
  instance_handle: string | null
  poke: boolean
  reason: string | null
  tweaks?: Record<string, unknown>
  prio?: string
  decided_by: Decider | null
  rules: Rule[]
  queued: boolean
  failing_since: number | null
}

// Text of users and the ids of rules may contain control sequences.
export const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu

/** For people: the outcome, the verdict of each rule, and the result for each pusher. */
export function explanationText(response: ExplainResponse): string {
  return [
    `${response.event_id} (${response.type}, from ${response.sender}), for ${response.user_id}`,
    ...verdict(response),
    ...(response.rules.length > 0 ? ['', 'Rules, in order of evaluation:', ...tried(response.rules)] : []),
    '',
    response.pushers.length > 0 ? 'Pushers:' : 'No pushers.',
    ...response.pushers.flatMap(pusherLines),
  ]
    .map((line) => line.replaceAll(UNPRINTABLE, '\ufffd'))
    .join('\n')
}

function verdict({ recorded, rules_changed_since: changed, ...now }: ExplainResponse): string[] {
  const counted = now.reason === null ? decided(recorded, now, changed) : `It does not notify: ${now.reason}.`
  const lines = [now.read ? `${counted} It has been read.` : counted]
  const differs =
    recorded.notify !== now.notify || named(recorded.decided_by ?? null) !== named(now.decided_by ?? null)
  if (changed && now.reason === null && differs)
    lines.push(`The rules have changed since. With the current rules: ${outcomeText(now)}`)
  return lines
}

type Outcome = ExplainResponse['recorded'] & { actions?: readonly unknown[] }

/**
 * The deciding rule is stored only with an event that notifies. For other events the current rules are evaluated, if
 * they are unchanged.
 */
function decided(recorded: Outcome, now: Outcome, changed: boolean): string {
  if (recorded.notify || recorded.decided_by !== null || now.notify) return outcomeText(recorded)
  return changed ? 'It does not notify. The rule that decided is not stored.' : outcomeText(now)
}

function outcomeText({ notify, highlight, actions, decided_by: by }: Outcome): string {
  const wakes = actions?.includes('notify') === true
  const what = highlight
    ? 'It notifies, as a highlight'
    : notify
      ? 'It notifies'
      : wakes
        ? 'It does not count as unread, and wakes the devices so that they decrypt it'
        : 'It does not notify'
  return `${what}: ${by === null ? 'no push rule matches' : `by ${named(by)}`}.`
}

const named = (by: Decider | null): string =>
  by === null ? 'no rule' : `the ${scopeOf(by)} ${by.kind} rule ${by.rule_id}${timesOf(by)}`

/** Such as ` (22:00-07:00 Europe/Berlin, until 2026-07-01T14:03:00.000Z)`; empty for a rule that always applies. */
export function timesOf({ until, schedule }: RuleTimes): string {
  const parts = [schedule, until === undefined ? undefined : `until ${timeOf(until)}`]
  const known = parts.filter((part) => part !== undefined)
  return known.length === 0 ? '' : ` (${known.join(', ')})`
}

/** Servers of other implementations may send any value. */
export function timeOf(at: number): string {
  const time = new Date(at)
  return Number.isNaN(time.getTime()) ? String(at) : time.toISOString()
}

const scopeOf = ({ scope, instance_handle: handle }: Decider): string =>
  handle === undefined ? scope : `${scope} (${handle})`

const tried = (rules: readonly Rule[]): string[] =>
  rules.filter(({ verdict }) => verdict !== 'not reached').flatMap(ruleLines)

function ruleLines(rule: Rule): string[] {
  const failed = rule.verdict === 'no match' ? rule.conditions.filter(({ holds }) => !holds) : []
  return [
    `  ${rule.verdict.padEnd(12)} ${scopeOf(rule)} ${rule.kind} ${rule.rule_id}`,
    ...failed.map((condition) => `${' '.repeat(15)}${failedText(condition)}`),
  ]
}

function failedText({ condition, expected, actual, hidden = false }: Condition): string {
  if (condition.kind === 'org.belfry.until' && typeof expected === 'number' && typeof actual === 'number')
    return `it ended at ${timeOf(expected)}, and the event came at ${timeOf(actual)}`
  const name = [condition.kind ?? 'condition', condition.key].join(' ').trim()
  return `${name}: expected ${shown(expected)}, ${hidden ? 'the text is only shown to its recipient' : `was ${shown(actual)}`}`
}

const LONGEST = 120

function shown(value: unknown): string {
  const text = value === undefined || value === null ? 'nothing' : JSON.stringify(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

function pusherLines(pusher: Pusher): string[] {
  const handle = pusher.instance_handle === null ? '' : `, handle ${pusher.instance_handle}`
  const tweaks = Object.entries(pusher.tweaks ?? {}).map(
    ([name, value]) => `${name} ${JSON.stringify(value)}`,
  )
  const outcome = pusher.poke
    ? ['poke', `priority ${pusher.prio ?? 'low'}`, ...tweaks].join(', ')
    : `no poke, ${pusher.reason ?? 'for an unknown reason'}`
  const state = pusher.queued
    ? pusher.failing_since === null
      ? '; it waits'
      : '; it waits because the gateway fails'
    : ''
  const by = pusher.decided_by?.scope === 'device' ? `; by ${named(pusher.decided_by)}` : ''
  return [
    `  ${pusher.device_display_name} (${pusher.app_id}${handle}): ${outcome}${by}${state}`,
    ...tried(pusher.rules).map((line) => `  ${line}`),
  ]
}
