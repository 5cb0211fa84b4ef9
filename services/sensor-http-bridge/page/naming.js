// How the owner names sensors, rooms and groups.
import { byId, make } from './dom.js';

/** Name and room of the sensor that is plotted alone. */
export class NamesForm {
  #names;
  #key;

  /** `changed()`: something has another name. */
  constructor(names, changed) {
    this.#names = names;
    byId('names-form').addEventListener('submit', (event) => {
      event.preventDefault();
      names.nameSensor(this.#key, byId('friendly').value, byId('room').value);
      byId('names-box').open = false;
      changed();
    });
  }

  show(key) {
    if (key === this.#key) return;
    this.#key = key;
    byId('friendly').value = this.#names.nameOf(key) ?? '';
    byId('room').value = this.#names.roomOf(key) ?? '';
    byId('rooms').replaceChildren(...this.#names.rooms().map((room) => make('option', { value: room })));
  }
}

/** Asks what a group shall be called. */
export function askGroupName(group, names, changed) {
  const dialog = byId('rename-dialog');
  byId('group-name').value = names.groupOf(group.of) ?? '';
  byId('group-name').placeholder = group.title;
  byId('rename-form').onsubmit = (event) => {
    event.preventDefault();
    if (event.submitter === null || event.submitter.value === 'keep') names.nameGroup(group.of, byId('group-name').value);
    dialog.close();
    changed();
  };
  dialog.showModal();
}
