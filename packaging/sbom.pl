#!/usr/bin/perl
# sbom.pl DEB BUILD SOURCES: prints the bill of materials of a package, CycloneDX 1.5 in JSON: the package and its sources; each of
# Debian's libraries that its programs are linked with; and each package of Debian of which a header was compiled in, as BUILD, the
# folder of ninja, knows. Run where it was built: versions and licences are those of dpkg there. The same packages give the
# same text.
use strict;
use warnings;
use Digest::SHA;
use File::Find;
use File::Temp qw(tempdir);
use JSON::PP;

my ($deb, $build, $sources) = @ARGV;
die "usage: sbom.pl DEB BUILD SOURCES\n" unless defined $sources;

sub lines_of {
  open my $pipe, '-|', @_ or die "sbom: $_[0]: $!\n";
  chomp(my @lines = <$pipe>);
  close $pipe;
  return @lines;
}

sub os_release {
  my ($name) = @_;
  open my $file, '<', '/etc/os-release' or die "sbom: /etc/os-release: $!\n";
  return join '', map { /^\Q$name\E="?([^"\n]*)/ ? $1 : () } <$file>;
}

my %control = map { /^([\w-]+): (.*)/ ? ($1 => $2) : () } lines_of('dpkg-deb', '--field', $deb);
my $architecture = $control{Architecture};
my $distro = 'debian-' . os_release('VERSION_ID');

# ---- what the programs are made of ----

sub programs_in {
  my ($folder) = @_;
  my @programs;
  find({no_chdir => 1, wanted => sub {
    return if -l $_ || !-f $_;
    open my $file, '<:raw', $_ or die "sbom: $_: $!\n";
    my $magic = '';
    read $file, $magic, 4;
    push @programs, $_ if $magic eq "\x7fELF";
  }}, $folder);
  die "sbom: $deb has no program\n" unless @programs;
  return sort @programs;
}

my $folder = tempdir(CLEANUP => 1);
system('dpkg-deb', '--extract', $deb, $folder) == 0 or die "sbom: $deb: cannot be unpacked\n";
my @programs = programs_in($folder);

sub libraries_needed {
  my %needed;
  $needed{$_} = 1 for map { /\(NEEDED\).*\[(.*)\]/ ? $1 : () } map { lines_of('readelf', '--dynamic', '--wide', $_) } @programs;
  return sort keys %needed;
}

# The object files that the programs are linked from, whatever else is built there.
sub objects_linked {
  my %packed = map { s{.*/}{}r => 1 } @programs;
  my @linked = grep { $packed{s{.*/}{}r} } map { /^(\S+): CXX_EXECUTABLE_LINKER/ ? $1 : () } lines_of('ninja', '-C', $build, '-t', 'targets', 'all');
  die "sbom: $build does not link each program of $deb\n" if @linked < keys %packed;
  return map { /\.o$/ ? ($_ => 1) : () } lines_of('ninja', '-C', $build, '-t', 'inputs', @linked);
}

sub headers_compiled {
  my %objects = objects_linked();
  my (%headers, $ours);
  for (lines_of('ninja', '-C', $build, '-t', 'deps')) {
    if (/^(\S+): /) { $ours = $objects{$1} }
    elsif ($ours && m{^\s+(/usr/.*)}) { $headers{$1} = 1 }
  }
  return sort keys %headers;
}

# The packages that files belong to, as `dpkg-query --search` names them: "libc6:arm64".
sub owners_of {
  my %owners;
  while (my @some = splice @_, 0, 500) {
    /^(\S+): / and $owners{$1} = 1 for lines_of('sh', '-c', 'exec dpkg-query --search "$@" 2> /dev/null', 'search', @some);
  }
  return sort keys %owners;
}

my %uses;
for my $library (libraries_needed()) {
  # Of the architecture that it is for: in a tree that compiles for another one there are several.
  my @owners = grep { /:\Q$architecture\E$/ } owners_of("*/$library");
  die "sbom: $library, which $deb needs, belongs to no package for $architecture\n" unless @owners;
  $uses{$owners[0]} = 'linked';
}
my @headers = owners_of(headers_compiled());
die "sbom: $build knows of no header that was compiled in\n" unless @headers;
$uses{$_} //= 'headers compiled in' for @headers;

# ---- what dpkg knows of them ----

# The names that the package's own list of licences has for them; Debian's, not those of SPDX.
sub licences_of {
  my ($package) = @_;
  open my $file, '<:encoding(UTF-8)', "/usr/share/doc/$package/copyright" or return ();
  my %names;
  while (<$file>) { $names{$1} = 1 if /^License:[ \t]*(\S.*?)\s*$/i }
  return sort keys %names;
}

sub escaped { return $_[0] =~ s/([^A-Za-z0-9.~_-])/sprintf '%%%02X', ord $1/ger }

sub component_of {
  my ($package) = @_;
  my ($name, $version, $arch, $source) = split /\t/,
    (lines_of('dpkg-query', '--show', '--showformat', '${Package}\t${Version}\t${Architecture}\t${source:Package} ${source:Version}\n', $package))[0];
  my $purl = 'pkg:deb/debian/' . escaped($name) . '@' . escaped($version) . "?arch=$arch&distro=$distro";
  my @licences = licences_of($name);
  return {
    type => 'library', 'bom-ref' => $purl, name => $name, version => $version, purl => $purl,
    (@licences ? (licenses => [map { {license => {name => $_}} } @licences]) : ()),
    properties => [
      {name => 'sensor-project:use', value => $uses{$package}},
      {name => 'debian:source', value => $source},
      (@licences ? () : {name => 'debian:copyright', value => "/usr/share/doc/$name/copyright"}),
    ],
  };
}

sub sha256 { return Digest::SHA->new(256)->addfile($_[0], 'b')->hexdigest }

my @components = sort { $a->{purl} cmp $b->{purl} } map { component_of($_) } sort keys %uses;
my $purl = "pkg:deb/sensor-project/$control{Package}@" . escaped($control{Version}) . "?arch=$architecture&distro=$distro";
(my $release = $control{Version}) =~ s/~deb\d+$//;
my @date = gmtime($ENV{SOURCE_DATE_EPOCH} // die "sbom: SOURCE_DATE_EPOCH is not set\n");
my $file_name = $deb =~ s{.*/}{}r;

print JSON::PP->new->utf8->canonical->indent->space_after->encode({
  bomFormat => 'CycloneDX', specVersion => '1.5', version => 1,
  metadata => {
    timestamp => sprintf('%04d-%02d-%02dT%02d:%02d:%02dZ', $date[5] + 1900, $date[4] + 1, @date[3, 2, 1, 0]),
    component => {
      type => 'application', 'bom-ref' => $purl, name => $control{Package}, version => $control{Version}, purl => $purl,
      licenses => [{license => {id => 'MIT'}}],
      hashes => [{alg => 'SHA-256', content => sha256($deb)}],
      properties => [
        {name => 'sensor-project:file', value => $file_name},
        {name => 'sensor-project:release', value => $release},
        {name => 'sensor-project:sources', value => $sources},
        {name => 'debian:depends', value => $control{Depends} // ''},
      ],
    },
  },
  components => \@components,
  dependencies => [
    {ref => $purl, dependsOn => [map { $_->{'bom-ref'} } @components]},
    (map { {ref => $_->{'bom-ref'}} } @components),
  ],
});
