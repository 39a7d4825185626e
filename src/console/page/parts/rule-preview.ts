import { type ComponentChildren, h } from 'preact'
import { hrefOf } from '../stores/place.ts'
import type { PreviewLine, RulePreview } from '../types.ts'
import { maybe, t } from '../words.ts'
import { Chip, type Tone } from './chip.ts'
import type { IconName } from './icon.ts'
import { Link } from './link.ts'
import { When } from './when.ts'

const LOOKS: Readonly<Record<string, readonly [Tone, IconName] | undefined>> = {
  rings: ['good', 'bell'],
  silent: ['quiet', 'bell-off'],
  differs: ['info', 'arrow'],
}

/** What a rule would have changed among the newest events, for each device and for the unread counts. */
export function PreviewPanel({ preview }: { preview: RulePreview }): ComponentChildren {
  const { events, pushers, account, is_cut: isCut } = preview
  return h(
    'section',
    { 'aria-labelledby': 'try-preview', class: 'panel' },
    h('h2', { id: 'try-preview' }, t('preview-title', { count: events })),
    pushers.map((pusher, index) =>
      h(Changes, { name: pusher.device_display_name, counts: pusher, key: index }),
    ),
    h(Changes, { name: t('preview-account'), counts: account }),
    isCut && h('p', { class: 'muted' }, t('preview-cut')),
  )
}

type ChangesProps = { name: string; counts: RulePreview['account'] }

function Changes({ name, counts }: ChangesProps): ComponentChildren {
  const { changes } = counts
  const parts = (['rings', 'silent', 'differs'] as const).filter((kind) => counts[kind] > 0)
  const summary = [
    h('bdi', { key: 'name' }, name),
    parts.length === 0
      ? h('span', { class: 'muted', key: 'none' }, t('preview-none'))
      : parts.map((kind) => {
          const [tone, icon] = LOOKS[kind] ?? (['info', 'dash'] as const)
          return h(Chip, { tone, icon, key: kind }, t(`preview-${kind}`, { count: counts[kind] }))
        }),
  ]
  if (changes.length === 0) return h('div', { class: 'decision' }, summary)
  return h(
    'details',
    { class: 'preview' },
    h('summary', { class: 'decision' }, summary),
    h(
      'ul',
      null,
      changes.map((event) => h(Changed, { event, key: event.event_id })),
    ),
  )
}

function Changed({ event }: { event: PreviewLine }): ComponentChildren {
  return h(
    'li',
    null,
    h(
      Link,
      { href: hrefOf(`/journeys/${encodeURIComponent(event.event_id)}`) },
      h(When, { at: event.origin_server_ts }),
    ),
    ' ',
    h('bdi', null, event.sender),
    ' · ',
    h('bdi', null, event.room_name ?? event.room_id),
    ' · ',
    maybe(`change-${event.change}`) ?? event.change,
  )
}
