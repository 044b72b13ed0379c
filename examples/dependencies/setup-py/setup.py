from setuptools import setup

REQUIRED = ["idna", "sniffio"]

setup(
    name="shelf",
    version="2.0",
    packages=["shelf"],
    install_requires=REQUIRED,
    extras_require={"more": ["certifi"]},
    entry_points={"console_scripts": ["shelf = shelf.web:main"]},
)
