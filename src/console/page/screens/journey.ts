import { type ComponentChildren, h } from 'preact'
import { useEffect } from 'preact/hooks'
import { call, get, withQuery } from '../api.ts'
import { CopyButton } from '../parts/copy-button.ts'
import { StepChip } from '../parts/delivery.ts'
import { Icon } from '../parts/icon.ts'
import { Link } from '../parts/link.ts'
import { Loaded, Notice } from '../parts/loaded.ts'
import { RuleTable } from '../parts/rule-table.ts'
import { RuleTitle } from '../parts/rule-name.ts'
import { When } from '../parts/when.ts'
import { SendButton, type PushOutcome } from '../parts/send-button.ts'
import { Steps } from '../parts/steps.ts'
import { hrefOf, place } from '../stores/place.ts'
import { session } from '../stores/session.ts'
import type { EventExplanation, EventJourney, PusherJourney, RoomEvent, ScreenProps } from '../types.ts'
import { useData } from '../use-data.ts'
import { useLive } from '../use-live.ts'
import { maybe, t } from '../words.ts'

type Found = { journey: EventJourney; explanation: EventExplanation | undefined }

/** The journey of one event: the decision of the rules, and what each device got. `?user=` is for administrators. */
export function JourneyScreen({ item = '' }: ScreenProps): ComponentChildren {
  const user = place.value.query.get('user') ?? undefined
  const found = useData(`journey ${item} ${user ?? ''}`, (abort) => load(item, user, abort))
  const { value, reload } = found
  const room = value.state === 'ready' ? value.data.journey.room_id : undefined
  const path = room && withQuery('/_belfry/v1/journeys/stream', { room, user_id: user })
  const { state } = useLive(path, '', reload)
  useEffect(() => {
    // What has happened between the response and the start of the stream.
    if (state === 'live') reload()
  }, [state])
  return h(
    'div',
    { class: 'journey' },
    h('p', { class: 'crumb' }, h(Link, { href: hrefOf('/journeys') }, t('journeys-title'))),
    h('h1', { tabIndex: -1 }, t('journey-title')),
    h(Loaded<Found>, { from: found, children: (data) => h(Journey, { ...data, reload }) }),
  )
}

async function load(eventId: string, user: string | undefined, abort: AbortSignal): Promise<Found> {
  const journey = await get<EventJourney>(
    withQuery('/_belfry/v1/journey', { event_id: eventId, user_id: user }),
    abort,
  )
  const path = withQuery('/_belfry/v1/explain', {
    event_id: eventId,
    room_id: journey.room_id,
    user_id: user,
  })
  // An administrator can see the journey of a user in a room that they have left, without an explanation.
  const explanation = await get<EventExplanation>(path, abort).catch(() => undefined)
  return { journey, explanation }
}

function Journey({ journey, explanation, reload }: Found & { reload: () => void }): ComponentChildren {
  return h(
    'div',
    null,
    h(Summary, { journey }),
    h(
      'div',
      { class: 'columns' },
      h(Decision, { journey, explanation }),
      h(
        'section',
        { 'aria-labelledby': 'devices' },
        h('h2', { id: 'devices' }, t('journey-devices')),
        journey.pushers.length === 0
          ? h(
              Notice,
              { icon: 'phone', title: t('journey-no-devices') },
              h('p', null, t('journey-no-devices-about')),
            )
          : journey.pushers.map((pusher) =>
              h(Device, { pusher, journey, reload, key: `${pusher.app_id} ${pusher.pushkey_hash}` }),
            ),
      ),
    ),
  )
}

function Summary({ journey }: { journey: EventJourney }): ComponentChildren {
  const isMine = isOwn(journey)
  const at = journey.steps.find(({ step }) => step === 'stored')?.at ?? null
  const fact = (name: string, value: ComponentChildren) =>
    h('div', null, h('dt', null, t(name)), h('dd', null, value))
  const link = () => location.origin + hrefOf(`/journeys/${encodeURIComponent(journey.event_id)}`)
  return h(
    'div',
    { class: 'panel summary' },
    isMine && h(EventText, { journey }),
    h(
      'dl',
      { class: 'facts' },
      fact('fact-when', h(When, { at })),
      fact('fact-sender', h('bdi', null, journey.sender)),
      fact('fact-room', isMine ? h(RoomName, { roomId: journey.room_id }) : h('bdi', null, journey.room_id)),
      fact('fact-type', h('code', null, journey.type)),
      fact('fact-user', h('bdi', null, journey.user_id)),
      fact('fact-read', t(journey.read ? 'fact-read-yes' : 'fact-read-no')),
      fact('fact-event', h('code', null, journey.event_id)),
    ),
    h(
      'div',
      { class: 'actions' },
      h(
        Link,
        { href: hrefOf('/try', { room: journey.room_id, event: journey.event_id }), class: 'button' },
        h(Icon, { name: 'flask' }),
        t('journey-try'),
      ),
      h(CopyButton, { icon: 'link', label: t('copy-link'), text: link }),
      h(CopyButton, { icon: 'copy', label: t('copy-json'), text: () => JSON.stringify(journey, null, 2) }),
    ),
    !journey.traced && h(Notice, { tone: 'wait', icon: 'warn', title: t('journey-untraced') }),
  )
}

/** The text of the message, for its recipient only: administrators never see it here. */
function EventText({ journey }: { journey: EventJourney }): ComponentChildren {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(journey.room_id)}/event/${encodeURIComponent(journey.event_id)}`
  const { value } = useData(path, (abort) => get<RoomEvent>(path, abort))
  const body = value.state === 'ready' ? value.data.content['body'] : undefined
  return typeof body === 'string' ? h('blockquote', null, h('bdi', null, body.slice(0, 500))) : null
}

function RoomName({ roomId }: { roomId: string }): ComponentChildren {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.name`
  const { value } = useData(path, (abort) => get<{ name?: unknown }>(path, abort))
  const name = value.state === 'ready' && typeof value.data.name === 'string' ? value.data.name : roomId
  return h('bdi', { title: roomId }, name)
}

function Decision({ journey, explanation }: Found): ComponentChildren {
  const decided = journey.steps.find(({ step }) => step === 'decided')
  const rule = explanation?.decided_by ?? decided?.rule
  return h(
    'section',
    { 'aria-labelledby': 'decision' },
    h('h2', { id: 'decision' }, t('journey-decision')),
    h(
      'div',
      { class: 'panel' },
      h(
        'p',
        { class: 'verdict' },
        h(Icon, { name: journey.notifies === true ? 'bell' : 'bell-off' }),
        decided?.text ?? '',
      ),
      rule && h('p', null, t('journey-rule'), ' ', h(RuleTitle, { rule })),
      explanation?.rules_changed_since === true &&
        h(Notice, { tone: 'wait', icon: 'clock', title: t('journey-rules-changed') }),
      h(Steps, { steps: journey.steps.filter(({ step }) => step !== 'decided'), from: null }),
    ),
    explanation !== undefined &&
      explanation.rules.length > 0 &&
      h(RuleTable, { caption: t('journey-rules'), rules: explanation.rules }),
  )
}

/** Whether it is the journey to the devices of the reader. */
const isOwn = (journey: EventJourney): boolean =>
  session.value.state === 'in' && session.value.user.user_id === journey.user_id

type DeviceProps = { pusher: PusherJourney; journey: EventJourney; reload: () => void }

function Device({ pusher, journey, reload }: DeviceProps): ComponentChildren {
  const first = pusher.steps.find(({ at }) => at !== null)?.at ?? null
  return h(
    'article',
    { class: 'panel device' },
    h(
      'div',
      { class: 'device-head' },
      h(
        'h3',
        null,
        h('bdi', null, pusher.device_display_name),
        h('span', { class: 'muted' }, ' ', h('bdi', null, pusher.app_display_name)),
      ),
      h(StepChip, { step: pusher.state, reason: pusher.reason }),
    ),
    h(Steps, { steps: pusher.steps, from: first }),
    pusher.removed_at !== null &&
      h('p', { class: 'muted' }, t('journey-removed'), ' ', h(When, { at: pusher.removed_at })),
    remedyOf(pusher),
    pusher.removed_at === null && isOwn(journey) && h(Resend, { pusher, journey, reload }),
  )
}

/** What to do about a failed delivery, by the status of the last attempt. */
function remedyOf({ state, steps }: PusherJourney): ComponentChildren {
  if (state === 'sent' || state === 'fetched') return null
  const last = steps.findLast(({ step }) => step === 'attempt' || step === 'gateway')
  const code = last?.status ?? undefined
  const remedy =
    code === undefined
      ? maybe(`remedy-${(last?.error ?? '').replaceAll(/\W+/g, '-')}`)
      : maybe(`remedy-${Math.floor(code / 100)}xx`)
  return remedy === undefined ? null : h(Notice, { tone: 'wait', icon: 'warn', title: remedy })
}

/** Sends the event to one device again, as a test. */
function Resend({ pusher, journey, reload }: DeviceProps): ComponentChildren {
  const path = `/_belfry/v1/journeys/${encodeURIComponent(journey.event_id)}/resend`
  const send = () => call<PushOutcome>('POST', path, { body: { pusher_id: pusher.pusher_id } })
  const target = t('resend-to', { name: pusher.device_display_name })
  return h(SendButton, { label: t('resend-do'), target, send, reload })
}
