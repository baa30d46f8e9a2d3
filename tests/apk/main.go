// The program installs a package of Alpine's into a root that it makes.
//
// usage: apk ROOT PACKAGE
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/chainguard-dev/go-apk/pkg/apk"
	"github.com/chainguard-dev/go-apk/pkg/fs"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: apk ROOT PACKAGE")
		os.Exit(2)
	}
	if err := install(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// install makes a repository with the one package in it, and has the resolver fetch it from there.
func install(ctx context.Context, root, file string) error {
	repository, err := os.MkdirTemp("", "apk-repository-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(repository)
	described, err := publish(ctx, repository, file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return err
	}
	manager, err := apk.New(
		apk.WithFS(fs.DirFS(root, fs.WithCreateDir())),
		apk.WithArch(described.Arch),
		apk.WithIgnoreMknodErrors(true),
		apk.WithNoSignatureIndexes(repository),
	)
	if err != nil {
		return err
	}
	if err := manager.InitDB(ctx); err != nil {
		return err
	}
	if err := manager.SetRepositories(ctx, []string{repository}); err != nil {
		return err
	}
	if err := manager.SetWorld(ctx, []string{described.Name}); err != nil {
		return err
	}
	return manager.FixateWorld(ctx, nil)
}

// publish puts the package and an index of it into a folder, and returns what the package says of itself.
func publish(ctx context.Context, repository, file string) (*apk.Package, error) {
	content, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	described, err := apk.ParsePackage(ctx, content)
	if err != nil {
		return nil, fmt.Errorf("%s is no package of Alpine's: %w", file, err)
	}
	folder := filepath.Join(repository, described.Arch)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	bytes, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, described.Filename()), bytes, 0o644); err != nil {
		return nil, err
	}
	archive, err := apk.ArchiveFromIndex(&apk.APKIndex{Packages: []*apk.Package{described}})
	if err != nil {
		return nil, err
	}
	index, err := os.Create(filepath.Join(folder, "APKINDEX.tar.gz"))
	if err != nil {
		return nil, err
	}
	defer index.Close()
	_, err = io.Copy(index, archive)
	return described, err
}
