import { type ComponentChildren, h } from 'preact'
import { useId } from 'preact/hooks'

type FieldProps = {
  label: string
  hint?: string
  /** Receives the id for the label and the id of the hint. */
  children: (ids: { id: string; 'aria-describedby'?: string }) => ComponentChildren
}

/** A form field with its label and hint. */
export function Field({ label, hint, children }: FieldProps): ComponentChildren {
  const id = useId()
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    hint !== undefined && h('p', { class: 'hint', id: `${id}-hint` }, hint),
    children({ id, ...(hint !== undefined && { 'aria-describedby': `${id}-hint` }) }),
  )
}

type SelectProps<T extends string> = {
  id: string
  value: T
  options: readonly (readonly [value: T, label: string])[]
  onChange: (value: T) => void
  /** The target of the key `/`. */
  isFilter?: boolean
}

export function Select<T extends string>(props: SelectProps<T>): ComponentChildren {
  const { id, value, options, onChange, isFilter = false } = props
  const onSelect = (event: Event) => {
    const chosen = (event.currentTarget as HTMLSelectElement).value
    const option = options.find(([of]) => of === chosen)
    if (option !== undefined) onChange(option[0])
  }
  return h(
    'select',
    { id, value, onChange: onSelect, ...(isFilter && { 'data-filter': '' }) },
    options.map(([of, label]) => h('option', { value: of, key: of, selected: of === value }, label)),
  )
}

type TextFieldProps = {
  label: string
  hint?: string
  value: string
  onText: (text: string) => void
  /** Several lines. */
  rows?: number
  isRequired?: boolean
  /** The target of the key `/`. */
  isFilter?: boolean
}

/** A field for text that code or the server reads: an id, a pattern or JSON. */
export function TextField(props: TextFieldProps): ComponentChildren {
  const { label, hint, value, onText, rows, isRequired = false, isFilter = false } = props
  const onInput = (event: InputEvent) =>
    onText((event.currentTarget as HTMLInputElement | HTMLTextAreaElement).value)
  const common = {
    value,
    onInput,
    spellcheck: false,
    required: isRequired,
    ...(isFilter && { 'data-filter': '' }),
  }
  return h(Field, {
    label,
    ...(hint !== undefined && { hint }),
    children: (ids) =>
      rows === undefined ? h('input', { ...ids, ...common }) : h('textarea', { ...ids, ...common, rows }),
  })
}

/** The text of a field, or an empty text for a file or a missing field. */
export function textIn(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}
