// Something for the libraries of this project to be made of; nothing is compiled.
