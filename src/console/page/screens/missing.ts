import { type ComponentChildren, h } from 'preact'
import { Link } from '../parts/link.ts'
import { hrefOf } from '../stores/place.ts'
import { t } from '../words.ts'

export function MissingScreen(): ComponentChildren {
  return h(
    'div',
    null,
    h('h1', { tabIndex: -1 }, t('missing-title')),
    h('p', null, t('missing-about')),
    h('p', null, h(Link, { href: hrefOf('/') }, t('today-title'))),
  )
}
