// Something for a library to be made of; nothing is compiled.
