/** A tab's storage that holds so many characters. */
export class FakeStorage implements Storage {
  readonly #items = new Map<string, string>()
  room: number

  constructor(room = 5_000_000) {
    this.room = room
  }

  get length(): number {
    return this.#items.size
  }

  /** All that it holds, in one text. */
  get text(): string {
    return [...this.#items].flat().join(' ')
  }

  /** As the browser gives it to a duplicated tab. */
  copy(): FakeStorage {
    const copy = new FakeStorage(this.room)
    for (const [key, value] of this.#items) copy.setItem(key, value)
    return copy
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null
  }

  setItem(key: string, value: string): void {
    const others = this.text.length - (this.getItem(key)?.length ?? 0)
    if (others + value.length > this.room) throw new DOMException('full', 'QuotaExceededError')
    this.#items.set(key, value)
  }

  removeItem(key: string): void {
    this.#items.delete(key)
  }

  clear(): void {
    this.#items.clear()
  }
}
