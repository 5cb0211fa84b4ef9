// What the owner calls sensors, rooms and groups. It is kept in this browser (localStorage).

const key = 'sensor-project-names';
const mostNames = 5_000;
const longest = 60; // characters

const tidy = (text) => text.trim().slice(0, longest);
const mapOf = (value) => new Map(Object.entries(value !== null && typeof value === 'object' ? value : {})
  .filter(([, text]) => typeof text === 'string').slice(0, mostNames));

/** Keyed by "<node>/<sensor>", groups by "<node>/<prefix>". An empty text takes a name away. */
export class Names {
  changes = 0;
  #storage;
  #sensors = new Map();
  #rooms = new Map();
  #groups = new Map();

  /** `storage`: as localStorage is. */
  constructor(storage) {
    this.#storage = storage;
    try {
      const kept = JSON.parse(storage.getItem(key) ?? '{}');
      [this.#sensors, this.#rooms, this.#groups] = [mapOf(kept?.sensors), mapOf(kept?.rooms), mapOf(kept?.groups)];
    } catch {
      // What cannot be read is as if there were none.
    }
  }

  nameOf = (sensor) => this.#sensors.get(sensor);
  roomOf = (sensor) => this.#rooms.get(sensor);
  groupOf = (group) => this.#groups.get(group);

  /** The rooms that there are, in order. */
  rooms() {
    return [...new Set(this.#rooms.values())].sort();
  }

  nameSensor(sensor, name, room) {
    this.#put(this.#sensors, sensor, name);
    this.#put(this.#rooms, sensor, room);
    this.#keep();
  }

  nameGroup(group, name) {
    this.#put(this.#groups, group, name);
    this.#keep();
  }

  #put(names, of, text) {
    if (tidy(text) === '') names.delete(of);
    else if (names.has(of) || names.size < mostNames) names.set(of, tidy(text));
  }

  #keep() {
    this.changes += 1;
    const kept = { sensors: this.#sensors, rooms: this.#rooms, groups: this.#groups };
    try {
      this.#storage.setItem(key, JSON.stringify(Object.fromEntries(Object.entries(kept).map(([what, names]) => [what, Object.fromEntries(names)]))));
    } catch {
      // Where the browser keeps nothing, the names last as long as the page.
    }
  }
}
