import { type ComponentChildren, h } from 'preact'
import { Field, textIn } from '../parts/field.ts'
import { hrefOf, navigate } from '../stores/place.ts'
import { t } from '../words.ts'

/** Opens the journey of an event by its id. */
export function JourneysScreen(): ComponentChildren {
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    const id = textIn(new FormData(event.currentTarget as HTMLFormElement), 'event').trim()
    navigate(hrefOf(`/journeys/${encodeURIComponent(id)}`))
  }
  return h(
    'div',
    null,
    h('h1', { tabIndex: -1 }, t('journeys-title')),
    h('p', { class: 'muted' }, t('journeys-about')),
    h(
      'form',
      { class: 'panel lookup', onSubmit },
      h(Field, {
        label: t('journeys-event'),
        hint: t('journeys-event-hint'),
        children: (ids) =>
          h('input', {
            ...ids,
            name: 'event',
            required: true,
            pattern: '\\s*\\$.+',
            spellcheck: false,
            'data-filter': '',
          }),
      }),
      h('button', { type: 'submit', class: 'primary' }, t('journeys-open')),
    ),
  )
}
