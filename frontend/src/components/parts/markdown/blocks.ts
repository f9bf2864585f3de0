/** Markdown as a list of blocks that grows at its end: while text streams in, only the last blocks are parsed again. */
import { Marked, type MarkedOptions, type Token, type TokensList } from 'marked'
import remend from 'remend'
import { BoundedLexer } from './lexer'
import { mathExtension, opensFormula, type Delimiter } from './math'

export interface MarkdownOptions {
  delimiters: Delimiter[]
  lineBreaks: boolean
}

export interface Block {
  /** Source, completed if it is the open end of a stream. Equal text and `links` imply equal HTML. */
  raw: string
  token: Token
  /** Whether a formula starts in it that may continue over the blocks after it. */
  unclosed: boolean
}

const readers = new Map<string, Marked>()

/** One configured marked per set of options; creating it costs more than a short text. */
function readerFor(options: MarkdownOptions): Marked {
  const key = JSON.stringify(options)
  let reader = readers.get(key)
  if (!reader) {
    reader = new Marked({ gfm: true, breaks: options.lineBreaks }, mathExtension(options.delimiters))
    readers.set(key, reader)
  }
  return reader
}

/** A text and its blocks. `update` parses what is new; unchanged blocks keep their identity. */
export class Blocks {
  list: Block[] = []
  private source = ''
  private open = false
  private links: TokensList['links'] = {}
  private readonly marked: Marked
  private readonly settings: MarkedOptions

  constructor(private readonly options: MarkdownOptions) {
    this.marked = readerFor(options)
    this.settings = { ...this.marked.defaults }
  }

  /** Sets the whole text. `open` means that more is coming, so half-typed markup at the end is completed. */
  update(text: string, open: boolean): Block[] {
    // marked reports positions in the text without CR, so count in that.
    const source = text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
    if (source === this.source && open === this.open) return this.list
    const grown = this.source !== '' && source.startsWith(this.source)
    const keep = grown ? this.settled() : []
    const start = keep.reduce((length, block) => length + block.token.raw.length, 0)
    const tail = source.slice(start)
    const known = Object.keys(this.links).length
    let fresh = this.read(tail, open)
    if (keep.length > 0 && Object.keys(this.links).length !== known) return this.restart(source, open)
    fresh = reuse(this.list.slice(keep.length), fresh)
    this.list = [...keep, ...fresh]
    this.source = source
    this.open = open
    return this.list
  }

  /** HTML of one block; not sanitized. */
  html(block: Block): string {
    const tokens = [block.token] as unknown as TokensList
    tokens.links = this.links
    return this.marked.parser(tokens, this.settings)
  }

  /** A link definition at the end changes earlier blocks: parse everything again. */
  private restart(source: string, open: boolean): Block[] {
    this.list = reuse([], this.read(source, open))
    this.source = source
    this.open = open
    return this.list
  }

  /** Blocks that appended text can no longer change: all before the last with content. */
  private settled(): Block[] {
    let last = this.list.length - 1
    while (last > 0 && this.list[last]?.token.type === 'space') last--
    const unclosed = this.list.findIndex((block) => block.unclosed)
    if (unclosed >= 0) last = Math.min(last, unclosed)
    return this.list.slice(0, Math.max(last, 0))
  }

  private read(source: string, open: boolean): Block[] {
    const lexer = new BoundedLexer(this.settings, this.options.delimiters)
    lexer.tokens.links = { ...this.links }
    const tokens = lexer.lex(source)
    this.links = lexer.tokens.links
    const blocks = tokens.map((token) => this.block(token))
    return open ? this.complete(blocks) : blocks
  }

  private block(token: Token): Block {
    const plain = token.type === 'code' || token.type === 'math-block'
    return { raw: token.raw, token, unclosed: !plain && opensFormula(token.raw, this.options.delimiters) }
  }

  /** Closes open markup in the last block, so that `**bo` does not show its asterisks until the rest arrives. */
  private complete(blocks: Block[]): Block[] {
    const last = blocks.at(-1)
    if (!last || last.token.type === 'code' || last.token.type === 'space') return blocks
    const whole = remend(last.raw)
    if (whole === last.raw) return blocks
    const lexer = new BoundedLexer(this.settings, this.options.delimiters)
    lexer.tokens.links = { ...this.links }
    const completed = lexer.lex(whole).find((token) => token.type !== 'space')
    if (!completed) return blocks
    // `raw` of the token keeps the source, because positions are counted with it.
    return [...blocks.slice(0, -1), { ...last, raw: `${whole}\0`, token: { ...completed, raw: last.raw } as Token }]
  }
}

function reuse(before: Block[], after: Block[]): Block[] {
  return after.map((block, index) => {
    const old = before[index]
    return old && old.raw === block.raw && old.token.type === block.token.type ? old : block
  })
}
