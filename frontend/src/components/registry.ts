/** Every component's chunk, by its type in the config. One line per component; Vite splits at each import. */
import type { Component } from 'svelte'
import type { Node } from '../page/node'

export interface Entry {
  load: () => Promise<{ default: Component<{ node: Node<any, any> }> }>
  /** Element around it: a framed block, a fieldset (radio groups), a bare div (buttons, layouts), or nothing. */
  frame: 'block' | 'fieldset' | 'bare' | 'none'
}

const entry = (load: Entry['load'], frame: Entry['frame'] = 'block'): Entry => ({ load, frame })

export const registry: Record<string, Entry> = {
  textbox: entry(() => import('./textbox/Textbox.svelte')),
  number: entry(() => import('./number/Number.svelte')),
  slider: entry(() => import('./slider/Slider.svelte')),
  checkbox: entry(() => import('./checkbox/Checkbox.svelte')),
  checkboxgroup: entry(() => import('./checkboxgroup/CheckboxGroup.svelte'), 'fieldset'),
  radio: entry(() => import('./radio/Radio.svelte'), 'fieldset'),
  dropdown: entry(() => import('./dropdown/Dropdown.svelte')),
  button: entry(() => import('./button/Button.svelte'), 'bare'),
  uploadbutton: entry(() => import('./uploadbutton/UploadButton.svelte'), 'bare'),
  downloadbutton: entry(() => import('./downloadbutton/DownloadButton.svelte'), 'bare'),
  file: entry(() => import('./file/File.svelte')),
  image: entry(() => import('./image/Image.svelte')),
  json: entry(() => import('./json/Json.svelte')),
  markdown: entry(() => import('./markdown/Markdown.svelte')),
  html: entry(() => import('./html/Html.svelte')),
  label: entry(() => import('./label/Label.svelte')),
  dataframe: entry(() => import('./dataframe/Dataframe.svelte')),
  chatbot: entry(() => import('./chatbot/Chatbot.svelte')),
  dataset: entry(() => import('./dataset/Dataset.svelte')),
  timer: entry(() => import('./timer/Timer.svelte'), 'none'),
}
