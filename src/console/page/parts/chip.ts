import { type ComponentChildren, h } from 'preact'
import { Icon, type IconName } from './icon.ts'

export type Tone = 'good' | 'wait' | 'bad' | 'quiet' | 'info'

/** A state: an icon and a word, because colour alone would not be readable for everyone (WCAG 1.4.1). */
export function Chip({
  tone,
  icon,
  children,
}: {
  tone: Tone
  icon: IconName
  children?: ComponentChildren
}): ComponentChildren {
  return h('span', { class: `chip ${tone}` }, h(Icon, { name: icon }), h('span', null, children))
}
