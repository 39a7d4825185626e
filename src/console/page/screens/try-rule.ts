import { type ComponentChildren, h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type ApiError, call, get, withQuery } from '../api.ts'
import { Chip } from '../parts/chip.ts'
import { TextField } from '../parts/field.ts'
import { Icon } from '../parts/icon.ts'
import { errorText, Loaded, Notice } from '../parts/loaded.ts'
import { PreviewPanel } from '../parts/rule-preview.ts'
import { RuleTable } from '../parts/rule-table.ts'
import { RuleEditor } from '../parts/rule-editor.ts'
import { RuleTitle } from '../parts/rule-name.ts'
import { draftOf, ruleOf, rulesetOf, type EditedRule, rulePath } from '../edited-rule.ts'
import { place } from '../stores/place.ts'
import { session } from '../stores/session.ts'
import type {
  DeviceDecision,
  EventExplanation,
  PusherLine,
  PusherList,
  RoomEvent,
  RulePreview,
} from '../types.ts'
import { useData } from '../use-data.ts'
import { maybe, t } from '../words.ts'

const EXAMPLE: RoomEvent = {
  type: 'm.room.message',
  sender: '@somebody:example.org',
  content: { msgtype: 'm.text', body: 'Lunch at noon?' },
}

/** What is tried. `round` makes a repeated try different. */
type Trial = { event: unknown; room: string; rules: ReturnType<typeof rulesetOf>; round: number }
type Outcome = { explanation: EventExplanation; preview: RulePreview }

const EXPLAIN = '/_belfry/v1/explain'
/** The events of the preview. */
const LAST = 100

/** An event, a rule that is not stored, and what each device would do. `?room=&event=` start with an existing event. */
export function TryRuleScreen(): ComponentChildren {
  const { query } = place.value
  const [room, setRoom] = useState(query.get('room') ?? '')
  const [event, setEvent] = useState(JSON.stringify(EXAMPLE, null, 2))
  const [draft, setDraft] = useState<EditedRule>(() => draftOf(query.get('room') ?? ''))
  const [trial, setTrial] = useState<Trial>()
  const [problem, setProblem] = useState('')
  const handles = useHandles()
  const eventId = query.get('event')
  useEffect(() => {
    if (eventId === null || room === '') return
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/event/${encodeURIComponent(eventId)}`
    get<RoomEvent>(path).then(
      ({ type, sender, content }) => setEvent(JSON.stringify({ type, sender, content }, null, 2)),
      (error: unknown) => setProblem((error as ApiError).message),
    )
  }, [eventId])
  const onSubmit = (submitted: SubmitEvent) => {
    submitted.preventDefault()
    const read = trialOf({ event, room, draft })
    if ('problem' in read) return setProblem(read.problem)
    setProblem('')
    setTrial((before) => ({ ...read, round: (before?.round ?? 0) + 1 }))
  }
  return h(
    'div',
    null,
    h('h1', { tabIndex: -1 }, t('try-title')),
    h('p', { class: 'muted' }, t('try-about')),
    h(
      'form',
      { class: 'columns', onSubmit },
      h(EventEditor, { room, setRoom, event, setEvent }),
      h(RuleEditor, { draft, setDraft, handles }),
    ),
    h(
      'div',
      { role: 'status' },
      problem !== ''
        ? h(Notice, { tone: 'bad', icon: 'warn', title: problem })
        : trial !== undefined && h(Tried, { trial, draft }),
    ),
  )
}

type EventProps = {
  room: string
  setRoom: (room: string) => void
  event: string
  setEvent: (event: string) => void
}

function EventEditor({ room, setRoom, event, setEvent }: EventProps): ComponentChildren {
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': 'try-event' },
    h('h2', { id: 'try-event' }, t('try-event')),
    h(TextField, {
      label: t('fact-room'),
      hint: t('try-room-hint'),
      value: room,
      onText: setRoom,
      isFilter: true,
    }),
    h(TextField, { label: t('try-event-json'), rows: 10, value: event, onText: setEvent }),
  )
}

/** The devices of the user, as choices for the scope of a rule. */
function useHandles(): readonly (readonly [handle: string, name: string])[] {
  const user = session.value.state === 'in' ? session.value.user.user_id : ''
  const path = withQuery('/_belfry/v1/pushers', { user_id: user })
  const { value } = useData(path, async (abort) =>
    user === '' ? { pushers: [] } : get<PusherList>(path, abort),
  )
  const pushers: readonly PusherLine[] = value.state === 'ready' ? value.data.pushers : []
  const names = new Map(
    pushers.flatMap((one) =>
      one.instance_handle === null ? [] : [[one.instance_handle, one.device_display_name] as const],
    ),
  )
  return [...names]
}

type Form = { event: string; room: string; draft: EditedRule }

/** What the form asks for, or what is wrong with it. */
function trialOf({ event, room, draft }: Form): Omit<Trial, 'round'> | { problem: string } {
  let parsed: unknown
  try {
    parsed = JSON.parse(event)
  } catch (error) {
    return { problem: t('try-bad-event', { error: String((error as Error).message) }) }
  }
  try {
    return { event: parsed, room, rules: rulesetOf(draft) }
  } catch (error) {
    return { problem: String((error as Error).message) }
  }
}

function Tried({ trial, draft }: { trial: Trial; draft: EditedRule }): ComponentChildren {
  const from = useData(String(trial.round), (abort) => evaluated(trial, abort))
  return h(Loaded<Outcome>, { from, children: (outcome) => h(Result, { outcome, draft }) })
}

async function evaluated({ event, room, rules }: Trial, signal: AbortSignal): Promise<Outcome> {
  const body = { event, rules, ...(room !== '' && { room_id: room }) }
  const [explanation, preview] = await Promise.all([
    call<EventExplanation>('POST', EXPLAIN, { body, signal }),
    call<RulePreview>('POST', EXPLAIN, { body: { over: { last: LAST }, rules }, signal }),
  ])
  return { explanation, preview }
}

function Result({ outcome, draft }: { outcome: Outcome; draft: EditedRule }): ComponentChildren {
  const { explanation, preview } = outcome
  return h(
    'section',
    { 'aria-labelledby': 'try-result' },
    h('h2', { id: 'try-result' }, t('try-result')),
    h(
      'div',
      { class: 'panel' },
      h(
        'p',
        { class: 'verdict' },
        h(Icon, { name: explanation.notify ? 'bell' : 'bell-off' }),
        t(explanation.notify ? 'try-counts' : 'try-counts-not'),
      ),
      explanation.decided_by &&
        h('p', null, t('journey-rule'), ' ', h(RuleTitle, { rule: explanation.decided_by })),
      h(
        'ul',
        { class: 'decisions' },
        explanation.pushers.map((device, index) => h(DeviceResult, { device, key: index })),
      ),
      explanation.pushers.length === 0 && h('p', { class: 'muted' }, t('try-no-devices')),
      h(SaveRule, { draft }),
    ),
    h(PreviewPanel, { preview }),
    h(RuleTable, {
      caption: t('journey-rules'),
      rules: [...explanation.pushers.flatMap(({ rules }) => rules), ...explanation.rules],
    }),
  )
}

function DeviceResult({ device }: { device: DeviceDecision }): ComponentChildren {
  const isLoud = device.tweaks?.['sound'] !== undefined
  const word = device.poke ? (isLoud ? 'rings' : 'silent') : 'nothing'
  const reason =
    device.reason === null
      ? undefined
      : (maybe(`reason-${device.reason.replaceAll(/[^a-z]+/g, '-')}`) ?? device.reason)
  return h(
    'li',
    null,
    h(
      Chip,
      { tone: device.poke ? 'good' : 'quiet', icon: device.poke ? 'bell' : 'bell-off' },
      t(`try-${word}`),
    ),
    h('bdi', null, device.device_display_name ?? t('try-handle', { handle: device.instance_handle ?? '' })),
    reason !== undefined && h('span', { class: 'muted' }, reason),
    device.decided_by && h(RuleTitle, { rule: device.decided_by }),
  )
}

/** Stores the rule, for the account or for the chosen device. */
function SaveRule({ draft }: { draft: EditedRule }): ComponentChildren {
  const [result, setResult] = useState('')
  const onClick = async () => {
    try {
      await call('PUT', rulePath(draft), { body: ruleOf(draft) })
      setResult(t('try-saved'))
    } catch (error) {
      setResult(errorText(error))
    }
  }
  return h(
    'div',
    { class: 'actions' },
    h(
      'button',
      { type: 'button', onClick: () => void onClick() },
      t(draft.handle === '' ? 'try-save-account' : 'try-save-device'),
    ),
    h('span', { role: 'status' }, result),
  )
}
