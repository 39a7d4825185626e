-- PostgreSQL runs this once, when its volume is new.
create database gateway encoding 'UTF8' locale 'C' template template0;
